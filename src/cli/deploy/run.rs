use super::arguments::DeployArguments;
use super::ask::{Consent, consent};
use super::check::{self, Twins};
use super::job::{job, switch};
use super::outcome;
use super::state::{StateFile, fresh};
use super::watch::Watch;
use super::{interrupt, plan};
use crate::azure::GroupId;
use crate::cli::Outcome;
use crate::cli::azure::{Connection, block_on, connect, refused};
use crate::cli::failure::{Failure, Verdict};
use crate::cli::terminal::Terminal;
use crate::deployer::{
    Ahead, Begun, Ending, GroupFacts, Job, active, begin, follow, last, preflight, purge, register,
};
use crate::provision::{Board, Changes, Check, Grade, Phase, holds_secrets};

/// Deploys, and leaves outputs and state.
pub(in crate::cli) fn run(terminal: &Terminal, arguments: &DeployArguments) -> Outcome {
    // What is wrong without Azure is told without Azure.
    let nowhere = GroupId {
        subscription: String::new(),
        name: String::new(),
    };
    let job = job(terminal, arguments, nowhere)?;
    block_on(async {
        let connection = connect(terminal, &arguments.azure).await?;
        deploy(terminal, arguments, &connection, job).await
    })
}

async fn deploy(
    terminal: &Terminal,
    arguments: &DeployArguments,
    connection: &Connection,
    mut job: Job,
) -> Outcome {
    job.group = connection.group.clone();
    let mut deploy = Deploy {
        terminal,
        arguments,
        connection,
        state: StateFile::of(&connection.target),
        job,
    };
    deploy.state.read()?;
    let verdict = deploy.all().await;
    if connection.passing && !arguments.plan {
        deploy.state.remove()?;
        terminal.note("the local Azure of this command ends with it; start one that stays with `apimon emulate`");
    }
    verdict
}

struct Deploy<'a> {
    terminal: &'a Terminal,
    arguments: &'a DeployArguments,
    connection: &'a Connection,
    state: StateFile,
    job: Job,
}

impl Deploy<'_> {
    async fn all(&mut self) -> Outcome {
        let client = &self.connection.client;
        let mut facts = GroupFacts::read(client, &self.job.group)
            .await
            .map_err(refused)?;
        if facts.going() {
            let message = format!("resource group `{}` is being deleted", self.job.group.name);
            return Err(Failure::remote(message)
                .hint("wait for it with `apimon destroy`, then deploy again"));
        }
        if let Some(verdict) = self.join().await? {
            return Ok(verdict);
        }
        let ahead = self.ahead(&facts).await?;
        let twins = self.twins(&ahead)?;
        let changes = self.changes(&facts).await?;
        if self.arguments.plan {
            plan::show(self.terminal, self.arguments.format, &changes)?;
            return Ok(Verdict::Done);
        }
        if twins == Twins::default()
            && changes.nothing()
            && !holds_secrets(&self.job.template, &self.job.parameters)
            && let Some(done) = self.already().await?
        {
            self.terminal.note(&changes.count());
            return self.succeeded(&done);
        }
        plan::talk(self.terminal, &changes);
        let question = format!("deploy to resource group `{}`?", self.job.group.name);
        if consent(self.terminal, self.arguments.yes, &question)? == Consent::Refused {
            self.terminal.complain("nothing was changed");
            return Ok(Verdict::No);
        }
        self.prepare(&mut facts, &ahead, &twins).await?;
        let verdict = self.deploy().await?;
        if !twins.restored || verdict != Verdict::Done {
            return Ok(verdict);
        }
        self.terminal.note(
            "what was soft-deleted is back; deploying once more, to set all of its properties",
        );
        for parameter in ["restoreApiManagement", "restoreOpenAi"] {
            switch(&mut self.job, parameter, false);
        }
        self.deploy().await
    }

    /// Joins a deployment that is under way. Nothing when there is none, or when it was another
    /// one and ours is still to come.
    async fn join(&self) -> Result<Option<Verdict>, Failure> {
        let client = &self.connection.client;
        let running = last(client, &self.job.group, &self.job.name)
            .await
            .map_err(refused)?;
        let Some(kind) = running.and_then(|running| active(&running, &self.job)) else {
            return Ok(None);
        };
        let name = &self.job.name;
        if self.arguments.plan {
            return Err(Failure::remote(format!("deployment `{name}` is under way"))
                .hint("what would change is known when it has ended"));
        }
        self.terminal
            .note(&format!("joining deployment `{name}`, which is under way"));
        if kind == Begun::Other {
            let ending = self.follow().await?;
            if ending == Ending::Left {
                return Ok(Some(self.left()));
            }
            self.terminal
                .note("that was another template, or other parameters: now to this one");
            return Ok(None);
        }
        let ending = self.follow().await?;
        self.end(ending).map(Some)
    }

    /// The pre-flight.
    async fn ahead(&self, facts: &GroupFacts) -> Result<Ahead, Failure> {
        let client = &self.connection.client;
        let now = client.session().transport().pace().timestamp();
        let ahead = match facts.wanted(&self.job, now) {
            Ok(wanted) => preflight(client, &self.job, facts, &wanted).await,
            // Perhaps Azure knows what our evaluator does not: it has the last word.
            Err(error) => Ahead {
                checks: vec![Check::new(
                    "template",
                    Grade::Warning,
                    format!("not looked into: {error}"),
                )],
                ..Ahead::default()
            },
        };
        check::show(self.terminal, &ahead)?;
        Ok(ahead)
    }

    /// A plan is shown whatever is soft-deleted.
    fn twins(&mut self, ahead: &Ahead) -> Result<Twins, Failure> {
        if self.arguments.plan {
            for twin in &ahead.twins {
                self.terminal
                    .complain(&format!("note {} is soft-deleted", twin.shown()));
            }
            return Ok(Twins::default());
        }
        check::twins(
            self.terminal,
            self.arguments.soft_deleted,
            ahead,
            &mut self.job,
        )
    }

    /// What Azure foresees; in a group that is not there yet, everything is new.
    async fn changes(&self, facts: &GroupFacts) -> Result<Changes, Failure> {
        let client = &self.connection.client;
        if facts.group.is_none() {
            let now = client.session().transport().pace().timestamp();
            let mut changes = facts.changes(&self.job, now).map_err(|error| {
                Failure::input(format!("the template cannot be deployed: {error}"))
            })?;
            changes.notes.push(format!(
                "resource group `{}` is not there yet, and will be made in `{}`",
                self.job.group.name, self.job.location
            ));
            return Ok(changes);
        }
        let answer = client
            .what_if(&self.job.group, &self.job.name, &self.job.properties())
            .await
            .map_err(refused)?;
        Changes::read(&answer).ok_or_else(|| Failure::remote("Azure's what-if holds no changes"))
    }

    /// The last deployment, when it was this one and succeeded.
    async fn already(&self) -> Result<Option<serde_json::Value>, Failure> {
        let client = &self.connection.client;
        let last = last(client, &self.job.group, &self.job.name)
            .await
            .map_err(refused)?;
        Ok(last.filter(|last| self.job.is_done_by(last)))
    }

    /// Everything that has to be there first.
    async fn prepare(
        &self,
        facts: &mut GroupFacts,
        ahead: &Ahead,
        twins: &Twins,
    ) -> Result<(), Failure> {
        let client = &self.connection.client;
        register(client, &self.job, &ahead.unregistered)
            .await
            .map_err(refused)?;
        for twin in &twins.purge {
            self.terminal.note(&format!("purging {}", twin.shown()));
            purge(client, &self.job.group.subscription, twin)
                .await
                .map_err(refused)?;
        }
        self.phase(Phase::Deploying)?;
        if facts.group.is_none() {
            let tags = serde_json::json!({"created-by": "apimon"});
            let group = client
                .put_group(&self.job.group, &self.job.location, &tags)
                .await;
            facts.group = Some(group.map_err(refused)?);
            self.terminal.note(&format!(
                "resource group `{}` is there",
                self.job.group.name
            ));
        }
        Ok(())
    }

    /// Begins, and follows to the end.
    async fn deploy(&self) -> Outcome {
        let client = &self.connection.client;
        let mut begun = begin(client, &self.job).await;
        if let Ok(Begun::Other) = begun {
            // Somebody was quicker.
            self.terminal
                .note("another deployment of this name is under way: waiting for its end");
            if self.follow().await? == Ending::Left {
                return Ok(self.left());
            }
            begun = begin(client, &self.job).await;
        }
        match begun {
            Err(error) => {
                self.phase(Phase::Failed)?;
                Err(refused(error))
            }
            Ok(_) => {
                let ending = self.follow().await?;
                self.end(ending)
            }
        }
    }

    async fn follow(&self) -> Result<Ending, Failure> {
        let client = &self.connection.client;
        let mut wishes = interrupt::wishes(self.terminal, self.arguments.on_interrupt);
        let mut board = Board::default();
        let mut watch = Watch::new(self.terminal);
        let ending = follow(
            client,
            &self.job,
            &mut board,
            &mut wishes,
            &mut |board, rows, now| {
                watch.moved(board, rows, now);
            },
        )
        .await;
        watch.end();
        let ending = ending.map_err(|error| {
            refused(error).hint("the deployment goes on: `apimon deploy` joins it")
        })?;
        if let Ending::Failed(deployment) = &ending {
            self.phase(Phase::Failed)?;
            return Err(outcome::failed(&board, deployment));
        }
        Ok(ending)
    }

    fn end(&self, ending: Ending) -> Outcome {
        match ending {
            Ending::Succeeded(deployment) => self.succeeded(&deployment),
            Ending::Canceled(_) => {
                self.phase(Phase::Canceled)?;
                self.terminal
                    .complain("the deployment was cancelled: what it had made is still there");
                self.terminal.complain(
                    "hint: deploy again to complete it, or `apimon destroy` to remove it",
                );
                Ok(Verdict::No)
            }
            Ending::Failed(deployment) => Err(outcome::failed(&Board::default(), &deployment)),
            Ending::Left => Ok(self.left()),
        }
    }

    fn left(&self) -> Verdict {
        self.terminal
            .complain("the deployment goes on in Azure: `apimon deploy` joins it");
        Verdict::No
    }

    fn phase(&self, phase: Phase) -> Result<(), Failure> {
        let mut state = self.fresh(phase);
        // What the last deployment left is true until the next has succeeded.
        if let Some(old) = self.state.read()?
            && old
                .resource_group
                .eq_ignore_ascii_case(&state.resource_group)
        {
            state.outputs = old.outputs;
        }
        self.state.write(&state)
    }

    fn fresh(&self, phase: Phase) -> crate::provision::State {
        let session = self.connection.client.session();
        let now = session.transport().pace().timestamp().to_string();
        let url = session
            .cloud()
            .arm
            .as_str()
            .trim_end_matches('/')
            .to_owned();
        fresh(&self.job, &url, phase, &now)
    }

    fn succeeded(&self, deployment: &serde_json::Value) -> Outcome {
        let mut state = self.fresh(Phase::Succeeded);
        let outputs = &deployment["properties"]["outputs"];
        state.keep(outputs);
        self.state.write(&state)?;
        outcome::succeeded(self.terminal, self.arguments, &state, outputs)?;
        Ok(Verdict::Done)
    }
}

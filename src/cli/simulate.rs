//! `apimon simulate`

use super::args::ScenarioArguments;
use super::prepare::prepare;
use super::target::KEY_HEADER;
use super::terminal::Terminal;
use super::{Outcome, local, output};
use crate::base::number;
use crate::clock::Clock;
use crate::results::{Origin, Run, TargetInfo};
use crate::simulate::{Simulation, simulate};

pub(super) fn run(terminal: &Terminal, arguments: &ScenarioArguments) -> Outcome {
    let mut prepared = prepare(terminal, arguments)?;
    prepared.scenario.orders_lengths = true;
    let scenario = &prepared.scenario;
    let model = local::model(scenario);
    model.check().map_err(super::Failure::input)?;
    let target = TargetInfo {
        name: "local".to_owned(),
        url: None,
        tier: Some(scenario.tier.as_str().to_owned()),
        model: format!("simulated {}", model.name),
    };
    let mut info = output::run_info(&prepared, Origin::Simulated, scenario.start, target);
    let clock = Clock::start();
    let directory = output::begin(&arguments.out, &prepared, &info, clock.started())?;
    let engine = local::engine(
        prepared.policy.clone(),
        prepared.behaviour,
        scenario.start,
        &scenario.seed,
        &local::callers(scenario),
    );
    let began = clock.now();
    let simulated = simulate(Simulation {
        scenario,
        plan: &prepared.plan,
        engine,
        model,
        key_header: KEY_HEADER.to_owned(),
        keys: local::keys(scenario),
        names: prepared.header_names(),
        meter: prepared.meter()?,
        live: prepared.live(),
    });
    let took = clock.now().since(began);
    let mut writer = directory.records()?;
    for record in &simulated.records {
        writer.append(record)?;
    }
    writer.flush()?;
    info.duration_us = Some(simulated.end.as_micros());
    // A run that was stopped keeps what it had planned, so that what is missing shows.
    info.planned = info.planned.max(simulated.arrived);
    if let Some(stopped) = &simulated.stopped {
        terminal.complain(&format!("stopped: {}", stopped.why));
        info.interrupted = stopped.broken;
        info.stopped = Some(stopped.why.clone());
    }
    directory.write_info(&info)?;
    let per_second = simulated.records.len() as f64 / took.as_secs_f64().max(1e-9);
    terminal.note(&format!(
        "simulated {} requests over {} s in {} ms ({} requests per second)",
        simulated.records.len(),
        number(simulated.end.since_start().as_secs_f64(), 1),
        number(took.as_secs_f64() * 1e3, 1),
        number(per_second, 0)
    ));
    output::note_metrics(terminal, &simulated.metrics);
    let run = Run {
        info,
        records: simulated.records,
        torn: false,
    };
    let run = run.without_warm_up();
    output::finish(terminal, directory.path(), &run, &arguments.printed)
}

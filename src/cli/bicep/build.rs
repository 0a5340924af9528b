use super::arguments::{BicepArguments, BicepCommand, BuildArguments};
use super::compiler::{shipped, template};
use crate::cli::Outcome;
use crate::cli::failure::Verdict;
use crate::cli::terminal::Terminal;
use crate::files;

pub(in crate::cli) fn run(terminal: &Terminal, arguments: &BicepArguments) -> Outcome {
    let BicepCommand::Build(arguments) = &arguments.command;
    build(terminal, arguments)
}

fn build(terminal: &Terminal, arguments: &BuildArguments) -> Outcome {
    let compiled = match &arguments.file {
        Some(file) => template(terminal, file, arguments.bicep_compiler)?,
        None => shipped()?,
    };
    let text = if arguments.list_files {
        compiled.files.join("\n") + "\n"
    } else {
        format!("{:#}\n", compiled.template)
    };
    match &arguments.outfile {
        Some(path) => files::write(path, &text)?,
        None => terminal.data(&text),
    }
    Ok(Verdict::Done)
}

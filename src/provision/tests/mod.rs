mod changes;
mod parameters;
mod preflight;
mod progress;
mod texts;

mod counting;
mod streams;

//! The worker: the process that runs the code. It does what its server says over standard input and output,
//! knows no record and decides nothing. It ends when its standard input does.

use std::{
    io,
    panic::{AssertUnwindSafe, catch_unwind},
    process::{self, ExitCode},
    sync::mpsc::{self, Receiver},
    thread,
};

use super::{
    confine,
    interpreter::Interpreter,
    wire::{self, MAX_ORDER, Order, Report},
};

/// The argument that makes this binary a worker. Hidden: nobody types it.
pub const ARGUMENT: &str = "sandbox-worker";

/// What deep recursion in parser and interpreter may use; only touched pages count.
const STACK: usize = 64 << 20;

/// The exit code after a defect of the interpreter.
const PANICKED: i32 = 70;

/// Runs as a worker where the command line says so. Comes before everything else in `main`: a worker reads
/// no config, starts no runtime and writes no log.
#[must_use]
pub fn run_if_asked() -> Option<ExitCode> {
    std::env::args_os().nth(1).is_some_and(|argument| argument == ARGUMENT).then(run)
}

/// Takes orders until standard input ends. This thread does nothing but read, so that the process ends with
/// its server even while the code is busy.
fn run() -> ExitCode {
    let mut input = io::stdin().lock();
    let Ok(Some(Order::Start { memory, cpu_seconds })) = wire::read(&mut input, MAX_ORDER) else {
        return ExitCode::FAILURE;
    };
    if monty_alloc::set_limit(Some(memory), false).is_err() {
        return ExitCode::FAILURE;
    }
    let (orders, incoming) = mpsc::sync_channel(1);
    // The other thread inherits what this one gives up here; the rest can be given up for both at once, and has
    // to be after the last thread was started.
    let reach = confine::reach();
    let interpreter = thread::Builder::new().stack_size(STACK).spawn(move || {
        let confined_by = confine::resources(memory, cpu_seconds).into_iter().chain(reach).chain(confine::calls());
        let ready = Report::Ready { confined_by: confined_by.collect() };
        let worked = catch_unwind(AssertUnwindSafe(|| obey(&ready, &incoming, memory)));
        process::exit(if worked.is_ok() { 0 } else { PANICKED });
    });
    if interpreter.is_err() {
        return ExitCode::FAILURE;
    }
    while let Ok(Some(order)) = wire::read(&mut input, MAX_ORDER) {
        if orders.send(order).is_err() {
            break;
        }
    }
    ExitCode::SUCCESS
}

/// Says that it is ready, then carries out orders until there are no more, or the server no longer listens.
fn obey(ready: &Report, orders: &Receiver<Order>, memory: usize) {
    let mut told = wire::write(&mut io::stdout(), ready);
    while told.is_ok()
        && let Ok(Order::Run { code, inputs, limits }) = orders.recv()
    {
        let Some(report) = Interpreter::new(orders, limits, memory).run(code, inputs) else { return };
        told = wire::write(&mut io::stdout(), &report);
    }
}

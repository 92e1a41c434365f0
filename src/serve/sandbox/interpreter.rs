//! One run of Python code inside the worker: what it finds defined, what becomes of its calls, and how it
//! ended. Everything that needs the server is asked of it; everything else that reaches out is refused.

use std::{borrow::Cow, io, sync::mpsc::Receiver, time::Duration};

use monty::{FunctionCall, MontyRun, RunProgress};
use monty_types::{
    AssertMessageAnnotations, CompileOptions, ExcType, ExtFunctionResult, MontyException, MontyObject, PrintWriter,
    PrintWriterCallback, ResourceLimits, ResourceTracker,
};
use serde_json::Map;

use super::{
    hosted::{self, Hosted, MONEY},
    money, surrogates,
    value::{to_json, to_python},
    wire::{self, Call, Exception, Inputs, Limits, Order, Report},
};

/// What the code is called in its errors.
const FILE: &str = "action.py";

pub(super) struct Interpreter<'a> {
    orders: &'a Receiver<Order>,
    limits: Limits,
    memory: usize,
    printed: Printed,
}

/// What became of a call.
enum Answer {
    Value(MontyObject),
    Raise(MontyException),
    Abort(MontyException),
}

impl From<Result<MontyObject, Exception>> for Answer {
    fn from(result: Result<MontyObject, Exception>) -> Self {
        match result {
            Ok(value) => Self::Value(value),
            Err(exception) => Self::Raise(raised(exception)),
        }
    }
}

/// The server no longer answers.
struct Gone;

impl<'a> Interpreter<'a> {
    pub(super) fn new(orders: &'a Receiver<Order>, limits: Limits, memory: usize) -> Self {
        Self { orders, limits, memory, printed: Printed { text: String::new(), limit: limits.output, flooded: false } }
    }

    /// Runs `code` to its end; `None` when the server is gone.
    pub(super) fn run(mut self, code: String, inputs: Inputs) -> Option<Report> {
        if let Some(line) = surrogates::first_line(&code) {
            let message = "a \\u escape from d800 to dfff is only half a character: write the character itself";
            let error = Exception::new("SyntaxError", message);
            return Some(Report::Failed { error, line: Some(line), output: String::new(), flooded: false });
        }
        let ended = match self.execute(code, inputs) {
            Ok(ended) => ended,
            Err(Gone) => return None,
        };
        let Printed { text: output, flooded, .. } = self.printed;
        Some(match ended {
            Ok(value) if !flooded => Report::Finished { truth: value.is_truthy(), output },
            Ok(_) => Report::Failed { error: Exception::new("MemoryError", ""), line: None, output, flooded },
            Err(exception) => {
                let line = exception.traceback().last().map(|frame| frame.start.line);
                let class = exception.exc_type().to_string();
                let message = exception.into_message().unwrap_or_default();
                Report::Failed { error: Exception { class, message }, line, output, flooded }
            }
        })
    }

    fn execute(&mut self, code: String, inputs: Inputs) -> Result<Result<MontyObject, MontyException>, Gone> {
        let (names, values) = hosted::defined(inputs);
        // Annotated asserts would quote the code in their messages.
        let options = CompileOptions { assert_message_annotations: AssertMessageAnnotations::Off };
        let limits = ResourceLimits::default()
            .max_duration(Duration::from_millis(self.limits.milliseconds))
            .max_memory(self.memory)
            .max_recursion_depth(self.limits.call_depth);
        let mut progress = MontyRun::new(code, FILE, names, options)
            .and_then(|run| run.start(values, ResourceTracker::new(limits), self.printed.writer()));
        loop {
            progress = match progress {
                Err(exception) => return Ok(Err(exception)),
                Ok(RunProgress::Complete(value)) => return Ok(Ok(value)),
                Ok(RunProgress::FunctionCall(call)) => self.function_call(call)?,
                Ok(RunProgress::NameLookup(lookup)) => {
                    let found = hosted::found(&lookup);
                    lookup.resume(found, self.printed.writer())
                }
                Ok(RunProgress::OsCall(call)) => {
                    call.resume(ExtFunctionResult::Error(unreachable_world()), self.printed.writer())
                }
                Ok(RunProgress::ResolveFutures(futures)) => {
                    let nothing = MontyException::runtime_error("there is nothing to await in an action");
                    futures.abort(nothing, self.printed.writer())
                }
            };
        }
    }

    fn function_call(&mut self, mut call: FunctionCall) -> Result<Result<RunProgress, MontyException>, Gone> {
        let Some((object, method)) = hosted::called(&call) else {
            let answer = hosted::no_such_function(&call);
            return Ok(call.resume(answer, self.printed.writer()));
        };
        let (positional, named) = (std::mem::take(&mut call.args), std::mem::take(&mut call.kwargs));
        let answer = match arguments(object, method, positional, named) {
            Ok(arguments) if *object == MONEY => money::call(arguments).map(to_python).into(),
            Ok(arguments) => self.ask(arguments)?,
            Err(exception) => Err(exception).into(),
        };
        Ok(match answer {
            Answer::Value(value) => call.resume(value, self.printed.writer()),
            Answer::Raise(exception) => call.resume(ExtFunctionResult::Error(exception), self.printed.writer()),
            Answer::Abort(exception) => call.abort(exception, self.printed.writer()),
        })
    }

    fn ask(&self, call: Call) -> Result<Answer, Gone> {
        wire::write(&mut io::stdout(), &Report::Call(call)).map_err(|_| Gone)?;
        match self.orders.recv() {
            Ok(Order::Return(value)) => Ok(Ok(to_python(value)).into()),
            Ok(Order::Raise(exception)) => Ok(Err(exception).into()),
            Ok(Order::Abort(exception)) => Ok(Answer::Abort(raised(exception))),
            Ok(Order::Start { .. } | Order::Run { .. }) | Err(_) => Err(Gone),
        }
    }
}

/// A call as it goes to whoever answers it.
fn arguments(
    object: &Hosted,
    method: &str,
    positional: Vec<MontyObject>,
    named: Vec<(MontyObject, MontyObject)>,
) -> Result<Call, Exception> {
    let most = object.most_positional;
    if positional.len() > most {
        return Err(Exception::type_error(format!("{method}() takes {most} positional arguments at most")));
    }
    let positional = positional.into_iter().map(to_json).collect::<Result<_, _>>()?;
    // All of them are one record's fields, and bounded as one.
    let named = match to_json(MontyObject::Dict(named.into()))? {
        serde_json::Value::Object(fields) => fields,
        _ => Map::new(),
    };
    Ok(Call { method: method.to_owned(), positional, named })
}

pub(super) fn raised(exception: Exception) -> MontyException {
    let class = exception.class.parse().unwrap_or(ExcType::RuntimeError);
    MontyException::new(class, Some(exception.message))
}

fn unreachable_world() -> MontyException {
    let message = "an action reaches no file, network, environment or clock";
    raised(Exception::new("PermissionError", message))
}

/// What the code printed, up to a limit.
struct Printed {
    text: String,
    limit: usize,
    flooded: bool,
}

impl Printed {
    fn writer(&mut self) -> PrintWriter<'_> {
        PrintWriter::Callback(self)
    }

    fn add(&mut self, text: &str) -> Result<(), MontyException> {
        if self.flooded || text.len() > self.limit - self.text.len() {
            self.flooded = true;
            return Err(raised(Exception::new("MemoryError", "too much was printed")));
        }
        self.text.push_str(text);
        Ok(())
    }
}

impl PrintWriterCallback for Printed {
    fn stdout_write(&mut self, output: Cow<'_, str>) -> Result<(), MontyException> {
        self.add(&output)
    }

    fn stdout_push(&mut self, end: char) -> Result<(), MontyException> {
        self.add(end.encode_utf8(&mut [0; 4]))
    }
}

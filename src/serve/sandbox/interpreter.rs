//! One run of Python code inside the worker: what it finds defined, what becomes of its calls, and how it
//! ended. Everything that needs the server is asked of it; everything else that reaches out is refused.

use std::{borrow::Cow, io, sync::mpsc::Receiver, time::Duration};

use monty::{FunctionCall, MontyRun, NameLookup, RunProgress};
use monty_types::{
    AssertMessageAnnotations, CompileOptions, DictPairs, ExcType, ExtFunctionResult, MontyClassInstance,
    MontyClassType, MontyException, MontyObject, MontyUuid, NameLookupResult, PrintWriter, PrintWriterCallback,
    ResourceLimits, ResourceTracker,
};
use serde_json::Map;

use super::{
    value::{attributes, to_json, to_python},
    wire::{self, Call, Exception, Inputs, Limits, Order, Report},
};

/// What the code is called in its errors.
const FILE: &str = "action.py";

/// The methods of `records`.
pub(super) const METHODS: [&str; 5] = ["get", "find", "create", "update", "delete"];

/// `records.update(type, id)`; the rest goes by name.
const MOST_POSITIONAL: usize = 2;

const RECORDS: MontyUuid = MontyUuid::from_u128(1);
const CONTEXT: MontyUuid = MontyUuid::from_u128(2);
const RECORDS_CLASS: MontyUuid = MontyUuid::from_u128(3);
const CONTEXT_CLASS: MontyUuid = MontyUuid::from_u128(4);

/// What prefixes a method of `records` that the code holds as a function.
const BOUND: &str = "records.";

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

/// The server no longer answers.
struct Gone;

impl<'a> Interpreter<'a> {
    pub(super) fn new(orders: &'a Receiver<Order>, limits: Limits, memory: usize) -> Self {
        Self { orders, limits, memory, printed: Printed { text: String::new(), limit: limits.output, flooded: false } }
    }

    /// Runs `code` to its end; `None` when the server is gone.
    pub(super) fn run(mut self, code: String, inputs: Inputs) -> Option<Report> {
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
        let (names, values) = defined(inputs);
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
                    let found = found(&lookup);
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
        let method = match call.object_id {
            Some(RECORDS) => METHODS.into_iter().find(|method| *method == call.function_name),
            Some(_) => None,
            None => call
                .function_name
                .strip_prefix(BOUND)
                .and_then(|name| METHODS.into_iter().find(|method| *method == name)),
        };
        let Some(method) = method else {
            let answer = no_such_function(&call);
            return Ok(call.resume(answer, self.printed.writer()));
        };
        let (positional, named) = (std::mem::take(&mut call.args), std::mem::take(&mut call.kwargs));
        let answer = match arguments(method, positional, named) {
            Ok(arguments) => self.ask(arguments)?,
            Err(exception) => Answer::Raise(raised(exception)),
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
            Ok(Order::Return(value)) => Ok(Answer::Value(to_python(value))),
            Ok(Order::Raise(exception)) => Ok(Answer::Raise(raised(exception))),
            Ok(Order::Abort(exception)) => Ok(Answer::Abort(raised(exception))),
            Ok(Order::Start { .. } | Order::Run { .. }) | Err(_) => Err(Gone),
        }
    }
}

/// The names that are defined when the code starts, and what they hold.
fn defined(inputs: Inputs) -> (Vec<String>, Vec<MontyObject>) {
    let (names, values) = match inputs {
        Inputs::Action { context } => (
            ["records", "context"],
            vec![
                instance("Records", RECORDS_CLASS, RECORDS, DictPairs::default()),
                instance("Context", CONTEXT_CLASS, CONTEXT, attributes(context)),
            ],
        ),
        Inputs::Condition { before, after } => (["before", "after"], vec![to_python(before), to_python(after)]),
    };
    (names.map(str::to_owned).to_vec(), values)
}

fn instance(class: &str, class_id: MontyUuid, instance_id: MontyUuid, attrs: DictPairs) -> MontyObject {
    let class_type = MontyClassType {
        name: class.to_owned(),
        id: class_id,
        host_defined: true,
        is_dataclass: false,
        attrs: DictPairs::default(),
    };
    MontyObject::ClassInstance(Box::new(MontyClassInstance { class_type, instance_id, attrs }))
}

/// A name that the code uses and nothing defines; the methods of `records` can be held as functions.
fn found(lookup: &NameLookup) -> NameLookupResult {
    if lookup.object_id() == Some(RECORDS) && METHODS.contains(&lookup.name.as_str()) {
        MontyObject::Function { name: format!("{BOUND}{}", lookup.name), docstring: None }.into()
    } else {
        NameLookupResult::Undefined
    }
}

fn no_such_function(call: &FunctionCall) -> ExtFunctionResult {
    let owner = match call.object_id {
        None => return ExtFunctionResult::NotFound(call.function_name.clone()),
        Some(RECORDS) => "Records",
        Some(CONTEXT) => "Context",
        Some(_) => return raised(Exception::type_error("this class cannot be called")).into(),
    };
    let message = format!("'{owner}' object has no attribute '{}'", call.function_name);
    raised(Exception::new("AttributeError", message)).into()
}

/// A call as it goes to the server.
fn arguments(
    method: &str,
    positional: Vec<MontyObject>,
    named: Vec<(MontyObject, MontyObject)>,
) -> Result<Call, Exception> {
    if positional.len() > MOST_POSITIONAL {
        return Err(Exception::type_error(format!("{method}() takes {MOST_POSITIONAL} positional arguments at most")));
    }
    let positional = positional.into_iter().map(to_json).collect::<Result<_, _>>()?;
    // All of them are one record's fields, and bounded as one.
    let named = match to_json(MontyObject::Dict(named.into()))? {
        serde_json::Value::Object(fields) => fields,
        _ => Map::new(),
    };
    Ok(Call { method: method.to_owned(), positional, named })
}

fn raised(exception: Exception) -> MontyException {
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

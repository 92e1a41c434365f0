//! The objects that code finds defined but whose methods are answered outside of it: `records` by the server,
//! `money` by the worker. `context` has attributes only.

use monty::{FunctionCall, NameLookup};
use monty_types::{
    DictPairs, ExtFunctionResult, MontyClassInstance, MontyClassType, MontyObject, MontyUuid, NameLookupResult,
};

use super::{
    interpreter::raised,
    money,
    value::{attributes, to_python},
    wire::{Exception, Inputs},
};

/// The methods of `records`.
const RECORDS_METHODS: [&str; 5] = ["get", "find", "create", "update", "delete"];

/// Such an object.
#[derive(PartialEq, Eq)]
pub(super) struct Hosted {
    name: &'static str,
    class: &'static str,
    /// Its own id; its class has the next one.
    id: u128,
    methods: &'static [&'static str],
    /// What may be given without a name.
    pub most_positional: usize,
}

pub(super) const RECORDS: Hosted =
    Hosted { name: "records", class: "Records", id: 1, methods: &RECORDS_METHODS, most_positional: 2 };
pub(super) const CONTEXT: Hosted =
    Hosted { name: "context", class: "Context", id: 3, methods: &[], most_positional: 0 };
pub(super) const MONEY: Hosted =
    Hosted { name: "money", class: "Money", id: 5, methods: &money::METHODS, most_positional: 10_000 };

const ALL: [&Hosted; 3] = [&RECORDS, &CONTEXT, &MONEY];

impl Hosted {
    fn of(id: MontyUuid) -> Option<&'static Self> {
        ALL.into_iter().find(|hosted| MontyUuid::from_u128(hosted.id) == id)
    }

    fn method(&self, name: &str) -> Option<&'static str> {
        self.methods.iter().copied().find(|method| *method == name)
    }

    fn object(&self, attrs: DictPairs) -> MontyObject {
        let class_type = MontyClassType {
            name: self.class.to_owned(),
            id: MontyUuid::from_u128(self.id + 1),
            host_defined: true,
            is_dataclass: false,
            attrs: DictPairs::default(),
        };
        let instance_id = MontyUuid::from_u128(self.id);
        MontyObject::ClassInstance(Box::new(MontyClassInstance { class_type, instance_id, attrs }))
    }
}

/// The names that are defined when the code starts, and what they hold.
pub(super) fn defined(inputs: Inputs) -> (Vec<String>, Vec<MontyObject>) {
    let named = |hosted: &Hosted, attrs| (hosted.name, hosted.object(attrs));
    let own = match inputs {
        Inputs::Action { context } => [named(&RECORDS, DictPairs::default()), named(&CONTEXT, attributes(context))],
        Inputs::Condition { before, after } => [("before", to_python(before)), ("after", to_python(after))],
    };
    own.into_iter().chain([named(&MONEY, DictPairs::default())]).map(|(name, value)| (name.to_owned(), value)).unzip()
}

/// The method that is called, on its object or held as a function.
pub(super) fn called(call: &FunctionCall) -> Option<(&'static Hosted, &'static str)> {
    let (hosted, name) = if let Some(id) = call.object_id {
        (Hosted::of(id)?, call.function_name.as_str())
    } else {
        let (object, name) = call.function_name.split_once('.')?;
        (ALL.into_iter().find(|hosted| hosted.name == object)?, name)
    };
    Some((hosted, hosted.method(name)?))
}

/// A name that the code uses and nothing defines; methods can be held as functions.
pub(super) fn found(lookup: &NameLookup) -> NameLookupResult {
    let method =
        lookup.object_id().and_then(Hosted::of).and_then(|hosted| Some((hosted, hosted.method(&lookup.name)?)));
    match method {
        Some((hosted, method)) => {
            MontyObject::Function { name: format!("{}.{method}", hosted.name), docstring: None }.into()
        }
        None => NameLookupResult::Undefined,
    }
}

/// What a call of anything else comes to.
pub(super) fn no_such_function(call: &FunctionCall) -> ExtFunctionResult {
    let Some(id) = call.object_id else { return ExtFunctionResult::NotFound(call.function_name.clone()) };
    let Some(hosted) = Hosted::of(id) else {
        return raised(Exception::type_error("this class cannot be called")).into();
    };
    let message = format!("'{}' object has no attribute '{}'", hosted.class, call.function_name);
    raised(Exception::new("AttributeError", message)).into()
}

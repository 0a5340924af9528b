//! Members of `context`, read where they are.

use std::sync::Arc;

use super::{Eval, Interpreter};
use crate::policy::context::Trace;
use crate::policy::expression::fault::{Fault, Raise};
use crate::policy::expression::types::Type;
use crate::policy::expression::value::{
    Kind, Place, Source, TimeSpan, Uri, UrlSource, Value, encoding, lock,
};
use crate::policy::message::{Headers, Url};

impl Interpreter<'_> {
    pub(super) fn place_member(&mut self, place: &Place, name: &str) -> Eval {
        let context = &*self.context;
        let text = |text: &str| Ok(Value::text(text));
        let optional = |text: Option<&String>| Ok(text.map_or(Value::Null, Value::text));
        let here = |place: Place, there: bool| {
            Ok(if there {
                Value::Place(place)
            } else {
                Value::Null
            })
        };
        match (place, name) {
            (Place::Context, "Api") => here(Place::Api, true),
            (Place::Context, "Operation") => here(Place::Operation, true),
            (Place::Context, "Product") => here(Place::Product, context.product.is_some()),
            (Place::Context, "User") => here(Place::User, context.user.is_some()),
            (Place::Context, "Subscription") => {
                here(Place::Subscription, context.subscription.is_some())
            }
            (Place::Context, "Deployment") => here(Place::Deployment, true),
            (Place::Context, "Request") => here(Place::Request, true),
            (Place::Context, "Response") => here(
                Place::Response(Source::Response),
                context.response.is_some(),
            ),
            (Place::Context, "LastError") => here(Place::LastError, context.last_error.is_some()),
            (Place::Context, "Variables") => here(Place::Variables, true),
            (Place::Context, "RequestId") => Ok(encoding::parse_guid(&context.request_id)
                .map_or_else(|| Value::text(&context.request_id), Value::Guid)),
            (Place::Context, "Timestamp") => {
                let moment = super::time::moment(context.timestamp, Kind::Utc);
                Ok(Value::DateTime(moment))
            }
            (Place::Context, "Elapsed") => {
                let ticks = i64::try_from(context.elapsed.as_nanos() / 100).unwrap_or(i64::MAX);
                Ok(Value::TimeSpan(TimeSpan(ticks)))
            }
            (Place::Context, "Tracing") => Ok(Value::Bool(context.tracing)),
            (Place::Api, "Id") => text(&context.api.id),
            (Place::Api, "Name") => text(&context.api.name),
            (Place::Api, "Path") => text(&context.api.path),
            (Place::Api, "Revision") => text(&context.api.revision),
            (Place::Api, "Version") => optional(context.api.version.as_ref()),
            (Place::Api, "ServiceUrl") => Ok(self.service_url()),
            (Place::Operation, "Id") => text(&context.operation.id),
            (Place::Operation, "Name") => text(&context.operation.name),
            (Place::Operation, "Method") => text(&context.operation.method),
            (Place::Operation, "UrlTemplate") => text(&context.operation.url_template),
            (Place::Deployment, "ServiceName" | "ServiceId") => {
                text(&context.deployment.service_name)
            }
            (Place::Deployment, "Region") => text(&context.deployment.region),
            (Place::Deployment, "GatewayId") | (Place::Gateway, "Id") => {
                text(&context.deployment.gateway_id)
            }
            (Place::Deployment, "Gateway") => here(Place::Gateway, true),
            _ => self.message_member(place, name),
        }
    }

    fn message_member(&mut self, place: &Place, name: &str) -> Eval {
        let context = &*self.context;
        let here = |place: Place, there: bool| {
            Ok(if there {
                Value::Place(place)
            } else {
                Value::Null
            })
        };
        match (place, name) {
            (Place::Request, "Method") => Ok(Value::text(&context.request.method)),
            (Place::Request, "IpAddress") => Ok(Value::text(&context.request.ip_address)),
            (Place::Request, "Url") => here(Place::Url(UrlSource::Request), true),
            (Place::Request, "OriginalUrl") => here(Place::Url(UrlSource::Original), true),
            (Place::Request, "Headers") => here(Place::Headers(Source::Request), true),
            (Place::Request, "MatchedParameters") => here(Place::MatchedParameters, true),
            (Place::Request, "Body") => {
                here(Place::Body(Source::Request), context.request.body.is_some())
            }
            (Place::Response(source), "Headers") => here(Place::Headers(source.clone()), true),
            (Place::Response(source), "Body") => {
                here(Place::Body(source.clone()), self.has_body(source))
            }
            (Place::Response(source), "StatusCode") => {
                Ok(Value::Int(i32::from(self.status(source)?.0)))
            }
            (Place::Response(source), "StatusReason") => Ok(Value::text(self.status(source)?.1)),
            (Place::Url(source), _) => self.url_member(source, name),
            (Place::LastError, _) => self.last_error_member(name),
            (
                Place::Headers(_) | Place::Query(_) | Place::MatchedParameters | Place::Variables,
                _,
            ) => {
                let pairs = self.place_pairs(place)?;
                let entries = super::dictionary::part(&pairs, name);
                Ok(entries.ok_or_else(|| missing(place, name))?)
            }
            _ => Ok(self
                .party_member(place, name)
                .ok_or_else(|| missing(place, name))?),
        }
    }

    /// Members of those who call.
    fn party_member(&self, place: &Place, name: &str) -> Option<Value> {
        let text = match place {
            Place::Product => {
                let product = self.context.product.as_ref()?;
                match name {
                    "Id" => &product.id,
                    "Name" => &product.name,
                    _ => return None,
                }
            }
            Place::User => {
                let user = self.context.user.as_ref()?;
                match name {
                    "Id" => &user.id,
                    "Email" => &user.email,
                    "FirstName" => &user.first_name,
                    "LastName" => &user.last_name,
                    _ => return None,
                }
            }
            Place::Subscription => {
                let subscription = self.context.subscription.as_ref()?;
                match name {
                    "Id" => &subscription.id,
                    "Name" => &subscription.name,
                    "Key" => subscription.key.reveal(),
                    _ => return None,
                }
            }
            _ => return None,
        };
        Some(Value::text(text))
    }

    fn last_error_member(&self, name: &str) -> Eval {
        let Some(error) = &self.context.last_error else {
            return Err(Fault::null().into());
        };
        Ok(match name {
            "Source" => Value::text(&error.source),
            "Reason" => Value::text(&error.reason),
            "Message" => Value::text(&error.message),
            "Scope" => Value::text(&error.scope),
            "Section" => Value::text(&error.section),
            "Path" => Value::text(&error.path),
            "PolicyId" => error.policy_id.as_ref().map_or(Value::Null, Value::text),
            _ => return Err(missing(&Place::LastError, name).into()),
        })
    }

    fn service_url(&self) -> Value {
        let Some(text) = &self.context.api.service_url else {
            return Value::Null;
        };
        let url = Uri::absolute(text).and_then(|uri| uri.url);
        url.map_or(Value::Null, |url| {
            Value::Place(Place::Url(UrlSource::Own(Arc::new(url))))
        })
    }

    fn url_member(&self, source: &UrlSource, name: &str) -> Eval {
        let value = self.with_url(source, |url| {
            Some(match name {
                "Scheme" => Value::text(&url.scheme),
                "Host" => Value::text(&url.host),
                "Port" => Value::Int(i32::from(url.port)),
                "Path" => Value::text(&url.path),
                "QueryString" => Value::text(url.query_string()),
                "Query" => Value::Place(Place::Query(source.clone())),
                _ => return None,
            })
        });
        Ok(value.ok_or_else(|| missing(&Place::Url(source.clone()), name))?)
    }

    pub(super) fn with_url<T>(&self, source: &UrlSource, look: impl FnOnce(&Url) -> T) -> T {
        match source {
            UrlSource::Request => look(&self.context.request.url),
            UrlSource::Original => look(&self.context.request.original_url),
            UrlSource::Own(url) => look(url),
        }
    }

    pub(super) fn with_headers<T>(
        &self,
        source: &Source,
        look: impl FnOnce(&Headers) -> T,
    ) -> Result<T, Raise> {
        match source {
            Source::Request => Ok(look(&self.context.request.headers)),
            Source::Response => {
                let response = self.context.response.as_ref().ok_or_else(Fault::null)?;
                Ok(look(&response.headers))
            }
            Source::Own(response) => Ok(look(&lock(response).headers)),
        }
    }

    fn status(&self, source: &Source) -> Result<(u16, String), Raise> {
        match source {
            Source::Own(response) => {
                let response = lock(response);
                Ok((response.status, response.reason.clone()))
            }
            Source::Request | Source::Response => {
                let response = self.context.response.as_ref().ok_or_else(Fault::null)?;
                Ok((response.status, response.reason.clone()))
            }
        }
    }

    fn has_body(&self, source: &Source) -> bool {
        match source {
            Source::Request => self.context.request.body.is_some(),
            Source::Response => self
                .context
                .response
                .as_ref()
                .is_some_and(|response| response.body.is_some()),
            Source::Own(response) => lock(response).body.is_some(),
        }
    }

    pub(super) fn place_call(
        &mut self,
        place: &Place,
        name: &str,
        types: &[Type],
        arguments: &[Value],
    ) -> Eval {
        match (place, name, arguments) {
            (Place::Body(source), "As", _) => self.body_as(source, types, arguments),
            (Place::Body(source), "AsFormUrlEncodedContent", _) => {
                self.body_as_form(source, arguments)
            }
            (Place::Context, "Trace", [message, ..]) => {
                let message = self.text_of(message);
                self.allocate(message.len())?;
                let trace = Trace {
                    source: "context.Trace".to_owned(),
                    severity: "verbose".to_owned(),
                    message,
                    elapsed: self.context.elapsed,
                    ..Trace::default()
                };
                self.context.traces.push(trace);
                Ok(Value::Null)
            }
            (
                Place::Headers(_) | Place::Query(_) | Place::MatchedParameters | Place::Variables,
                ..,
            ) => self.place_dictionary_call(place, name, types, arguments),
            _ => Err(missing(place, name).into()),
        }
    }
}

fn missing(place: &Place, name: &str) -> Raise {
    Fault::unsupported(format!(
        "{}.{name}",
        Value::Place(place.clone()).type_name()
    ))
}

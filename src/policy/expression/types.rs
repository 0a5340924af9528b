//! Names of types: what an expression writes, and what .NET calls it.

use std::borrow::Cow;

/// A type as an expression names it, keywords and full names brought to one form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Type {
    Object,
    Bool,
    Byte,
    SByte,
    Short,
    UShort,
    Int,
    UInt,
    Long,
    ULong,
    Float,
    Double,
    Decimal,
    Char,
    Str,
    DateTime,
    DateTimeOffset,
    TimeSpan,
    Guid,
    Uri,
    Token,
    JObject,
    JArray,
    JValue,
    JProperty,
    Response,
    Url,
    StringBuilder,
    Random,
    /// An exception by its name without namespace, from [`EXCEPTIONS`].
    Exception(&'static str),
    Nullable(Box<Type>),
    Array(Box<Type>),
    List(Box<Type>),
    Dictionary(Box<(Type, Type)>),
    /// `HashSet`
    Set(Box<Type>),
    Queue(Box<Type>),
    Stack(Box<Type>),
    /// A class of [`NATIVE`], by its name.
    Native(&'static str),
    /// A delegate: `Func<…>` or `Action<…>`.
    Function,
    /// Holds static members only, from [`STATIC_CLASSES`].
    Static(&'static str),
    /// An enumeration of [`ENUMS`], by its name.
    Enum(&'static str),
    /// Known to policy expressions, but nothing here executes it.
    Unsupported(&'static str),
}

const SIMPLE: &[(&str, Type)] = &[
    ("object", Type::Object),
    ("Object", Type::Object),
    ("bool", Type::Bool),
    ("Boolean", Type::Bool),
    ("byte", Type::Byte),
    ("Byte", Type::Byte),
    ("sbyte", Type::SByte),
    ("SByte", Type::SByte),
    ("short", Type::Short),
    ("Int16", Type::Short),
    ("ushort", Type::UShort),
    ("UInt16", Type::UShort),
    ("int", Type::Int),
    ("Int32", Type::Int),
    ("uint", Type::UInt),
    ("UInt32", Type::UInt),
    ("long", Type::Long),
    ("Int64", Type::Long),
    ("ulong", Type::ULong),
    ("UInt64", Type::ULong),
    ("float", Type::Float),
    ("Single", Type::Float),
    ("decimal", Type::Decimal),
    ("Decimal", Type::Decimal),
    ("double", Type::Double),
    ("Double", Type::Double),
    ("char", Type::Char),
    ("Char", Type::Char),
    ("string", Type::Str),
    ("String", Type::Str),
    ("DateTime", Type::DateTime),
    ("DateTimeOffset", Type::DateTimeOffset),
    ("TimeSpan", Type::TimeSpan),
    ("Guid", Type::Guid),
    ("Uri", Type::Uri),
    ("JToken", Type::Token),
    ("JContainer", Type::Token),
    ("JObject", Type::JObject),
    ("JArray", Type::JArray),
    ("JValue", Type::JValue),
    ("JProperty", Type::JProperty),
    ("IResponse", Type::Response),
    ("IUrl", Type::Url),
    ("StringBuilder", Type::StringBuilder),
    ("Random", Type::Random),
];

const STATIC_CLASSES: &[&str] = &[
    "Convert",
    "Math",
    "Encoding",
    "JsonConvert",
    "Enumerable",
    "WebUtility",
    "BitConverter",
    "CultureInfo",
];

/// Enumerations and their members.
pub(super) const ENUMS: &[(&str, &[&str])] = &[
    (
        "StringComparison",
        &[
            "CurrentCulture",
            "CurrentCultureIgnoreCase",
            "InvariantCulture",
            "InvariantCultureIgnoreCase",
            "Ordinal",
            "OrdinalIgnoreCase",
        ],
    ),
    (
        "StringComparer",
        &[
            "InvariantCulture",
            "InvariantCultureIgnoreCase",
            "Ordinal",
            "OrdinalIgnoreCase",
        ],
    ),
    (
        "StringSplitOptions",
        &["None", "RemoveEmptyEntries", "TrimEntries"],
    ),
    ("DateTimeKind", &["Unspecified", "Utc", "Local"]),
    (
        "DayOfWeek",
        &[
            "Sunday",
            "Monday",
            "Tuesday",
            "Wednesday",
            "Thursday",
            "Friday",
            "Saturday",
        ],
    ),
    ("Formatting", &["None", "Indented"]),
    (
        "JTokenType",
        &[
            "Array",
            "Boolean",
            "Date",
            "Float",
            "Integer",
            "Null",
            "Object",
            "Property",
            "String",
            "Undefined",
        ],
    ),
    ("UriKind", &["RelativeOrAbsolute", "Absolute", "Relative"]),
    ("MidpointRounding", &["ToEven", "AwayFromZero"]),
    (
        "RegexOptions",
        &[
            "None",
            "IgnoreCase",
            "Multiline",
            "ExplicitCapture",
            "Compiled",
            "Singleline",
            "IgnorePatternWhitespace",
            "RightToLeft",
            "ECMAScript",
            "CultureInvariant",
        ],
    ),
    (
        "NumberStyles",
        &[
            "None",
            "Integer",
            "Number",
            "Float",
            "Any",
            "HexNumber",
            "AllowHexSpecifier",
        ],
    ),
    (
        "DateTimeStyles",
        &[
            "None",
            "AllowWhiteSpaces",
            "AdjustToUniversal",
            "AssumeLocal",
            "AssumeUniversal",
            "RoundtripKind",
        ],
    ),
    ("Base64FormattingOptions", &["None", "InsertLineBreaks"]),
    (
        "MergeArrayHandling",
        &["Concat", "Union", "Replace", "Merge"],
    ),
    ("MergeNullValueHandling", &["Ignore", "Merge"]),
];

/// Classes whose objects are made and asked, and hold nothing that a policy can change.
pub(super) const NATIVE: &[&str] = &[
    "Authorization",
    "Jwt",
    "BasicAuthCredentials",
    "Regex",
    "Match",
    "MatchCollection",
    "Group",
    "GroupCollection",
    "HashAlgorithm",
    "HMAC",
    "KeyedHashAlgorithm",
    "MD5",
    "MD5CryptoServiceProvider",
    "SHA1",
    "SHA1Managed",
    "SHA256",
    "SHA256Managed",
    "SHA384",
    "SHA384Managed",
    "SHA512",
    "SHA512Managed",
    "HMACMD5",
    "HMACSHA1",
    "HMACSHA256",
    "HMACSHA384",
    "HMACSHA512",
    "JsonMergeSettings",
];

const EXCEPTIONS: &[&str] = &[
    "Exception",
    "ArgumentException",
    "ArgumentNullException",
    "ArgumentOutOfRangeException",
    "ArithmeticException",
    "DivideByZeroException",
    "FormatException",
    "IndexOutOfRangeException",
    "InvalidCastException",
    "InvalidOperationException",
    "JsonException",
    "JsonReaderException",
    "JsonSerializationException",
    "KeyNotFoundException",
    "NotImplementedException",
    "NotSupportedException",
    "NullReferenceException",
    "OverflowException",
    "RegexMatchTimeoutException",
    "UriFormatException",
];

const UNSUPPORTED: &[&str] = &[
    "IMessageBody",
    "BigInteger",
    "SortedList",
    "Aes",
    "RSA",
    "X509Certificate2",
    "XDocument",
    "XElement",
    "XName",
    "XNode",
    "XAttribute",
    "XmlDocument",
    "XmlReader",
    "IPAddress",
    "Tuple",
    "TimeZoneInfo",
    "MemoryStream",
    "StringReader",
    "StringWriter",
    "StreamReader",
    "StreamWriter",
    "Nullable",
    "JTokenWriter",
    "JsonSerializerSettings",
    "JsonTextReader",
    "Lookup",
    "IFormatProvider",
    "NumberFormatInfo",
    "StringInfo",
    "DateTimeFormatInfo",
    "dynamic",
    "AesCryptoServiceProvider",
    "RijndaelManaged",
    "RSACryptoServiceProvider",
    "RSASignaturePadding",
    "RSAEncryptionPadding",
    "HashAlgorithmName",
    "CipherMode",
    "PaddingMode",
    "X509Certificate",
    "XmlNode",
    "XmlElement",
    "XmlReaderSettings",
    "XCData",
    "XNamespace",
    "XText",
    "XContainer",
    "XPathNavigator",
    "LoadOptions",
    "SaveOptions",
    "Stopwatch",
    "JsonSerializer",
    "JsonTextWriter",
    "Activator",
    "Buffer",
    "XComment",
    "XDeclaration",
    "SHA1Managed",
    "SHA256Managed",
    "SHA384Managed",
    "SHA512Managed",
    "Rijndael",
    "RSACng",
    "RNGCryptoServiceProvider",
    "HMAC",
    "HashAlgorithm",
    "KeyedHashAlgorithm",
    "SymmetricAlgorithm",
    "AsymmetricAlgorithm",
    "Group",
    "Capture",
    "MatchCollection",
    "GroupCollection",
    "Stream",
    "IGrouping",
    "ILookup",
];

impl Type {
    /// The type of that name without namespace and type arguments; `None` when policy
    /// expressions know no such type.
    pub(super) fn named(name: &str) -> Option<Type> {
        if let Some((_, simple)) = SIMPLE.iter().find(|(known, _)| *known == name) {
            return Some(simple.clone());
        }
        if let Some(known) = STATIC_CLASSES.iter().find(|known| **known == name) {
            return Some(Type::Static(known));
        }
        if let Some((known, _)) = ENUMS.iter().find(|(known, _)| *known == name) {
            return Some(Type::Enum(known));
        }
        if let Some(known) = NATIVE.iter().find(|known| **known == name) {
            return Some(Type::Native(known));
        }
        Type::exception(name).or_else(|| {
            let known = UNSUPPORTED.iter().find(|known| **known == name)?;
            Some(Type::Unsupported(known))
        })
    }

    pub(super) fn exception(name: &str) -> Option<Type> {
        EXCEPTIONS
            .iter()
            .find(|known| **known == name)
            .map(|known| Type::Exception(known))
    }

    /// The type `name<arguments>`.
    pub(super) fn generic(name: &str, mut arguments: Vec<Type>) -> Option<Type> {
        let list = [
            "List",
            "IList",
            "IEnumerable",
            "ICollection",
            "IReadOnlyList",
            "IReadOnlyCollection",
        ];
        match (name, arguments.len()) {
            (name, 1) if list.contains(&name) => {
                arguments.pop().map(|item| Type::List(Box::new(item)))
            }
            ("Nullable", 1) => arguments.pop().map(|inner| Type::Nullable(Box::new(inner))),
            ("Dictionary" | "IDictionary" | "IReadOnlyDictionary", 2) => {
                let value = arguments.pop()?;
                let key = arguments.pop()?;
                Some(Type::Dictionary(Box::new((key, value))))
            }
            ("HashSet" | "ISet", 1) => arguments.pop().map(|item| Type::Set(Box::new(item))),
            ("Queue", 1) => arguments.pop().map(|item| Type::Queue(Box::new(item))),
            ("Stack", 1) => arguments.pop().map(|item| Type::Stack(Box::new(item))),
            ("KeyValuePair", 2) => Some(Type::Native("KeyValuePair")),
            ("IGrouping", 2) => Some(Type::Native("IGrouping")),
            ("Func" | "Action" | "Predicate" | "Comparison", _) => Some(Type::Function),
            _ => UNSUPPORTED
                .iter()
                .find(|known| **known == name)
                .map(|known| Type::Unsupported(known)),
        }
    }

    /// True for the types that C# knows by keyword, after which `(type)` is always a cast.
    pub(super) fn keyword(word: &str) -> bool {
        SIMPLE
            .iter()
            .any(|(known, _)| *known == word && known.starts_with(char::is_lowercase))
    }

    /// True when a variable of this type can hold `null`.
    pub(super) fn nullable(&self) -> bool {
        !matches!(
            self,
            Type::Bool
                | Type::Byte
                | Type::SByte
                | Type::Short
                | Type::UShort
                | Type::Int
                | Type::UInt
                | Type::Long
                | Type::ULong
                | Type::Float
                | Type::Double
                | Type::Decimal
                | Type::Char
                | Type::DateTime
                | Type::DateTimeOffset
                | Type::TimeSpan
                | Type::Guid
                | Type::Enum(_)
        )
    }

    /// The name that .NET's messages give it.
    pub(super) fn full_name(&self) -> Cow<'static, str> {
        Cow::Borrowed(match self {
            Type::Object => "System.Object",
            Type::Bool => "System.Boolean",
            Type::Byte => "System.Byte",
            Type::SByte => "System.SByte",
            Type::Short => "System.Int16",
            Type::UShort => "System.UInt16",
            Type::Int => "System.Int32",
            Type::UInt => "System.UInt32",
            Type::Long => "System.Int64",
            Type::ULong => "System.UInt64",
            Type::Float => "System.Single",
            Type::Double => "System.Double",
            Type::Decimal => "System.Decimal",
            Type::Char => "System.Char",
            Type::Str => "System.String",
            Type::DateTime => "System.DateTime",
            Type::DateTimeOffset => "System.DateTimeOffset",
            Type::TimeSpan => "System.TimeSpan",
            Type::Guid => "System.Guid",
            Type::Uri => "System.Uri",
            Type::Token => "Newtonsoft.Json.Linq.JToken",
            Type::JObject => "Newtonsoft.Json.Linq.JObject",
            Type::JArray => "Newtonsoft.Json.Linq.JArray",
            Type::JValue => "Newtonsoft.Json.Linq.JValue",
            Type::JProperty => "Newtonsoft.Json.Linq.JProperty",
            Type::Response => "IResponse",
            Type::Url => "IUrl",
            Type::StringBuilder => "System.Text.StringBuilder",
            Type::Random => "System.Random",
            Type::Function => "System.Func",
            Type::Exception(name)
            | Type::Static(name)
            | Type::Enum(name)
            | Type::Native(name)
            | Type::Unsupported(name) => name,
            Type::Nullable(inner) => return inner.full_name(),
            Type::Array(item) => return Cow::Owned(format!("{}[]", item.full_name())),
            Type::List(item) => return of_items("List", item),
            Type::Set(item) => return of_items("HashSet", item),
            Type::Queue(item) => return of_items("Queue", item),
            Type::Stack(item) => return of_items("Stack", item),
            Type::Dictionary(pair) => {
                let (key, value) = (pair.0.full_name(), pair.1.full_name());
                return Cow::Owned(format!(
                    "System.Collections.Generic.Dictionary`2[{key},{value}]"
                ));
            }
        })
    }
}

fn of_items(class: &str, item: &Type) -> Cow<'static, str> {
    let item = item.full_name();
    Cow::Owned(format!("System.Collections.Generic.{class}`1[{item}]"))
}

/// True when `catch (caught)` catches an exception of the class `thrown`.
pub(super) fn catches(caught: &str, thrown: &str) -> bool {
    let mut class = Some(thrown);
    while let Some(name) = class {
        if name == caught {
            return true;
        }
        class = base_class(name);
    }
    false
}

fn base_class(name: &str) -> Option<&'static str> {
    Some(match name {
        "Exception" => return None,
        "ArgumentNullException" | "ArgumentOutOfRangeException" => "ArgumentException",
        "DivideByZeroException" | "OverflowException" => "ArithmeticException",
        "JsonReaderException" | "JsonSerializationException" => "JsonException",
        "UriFormatException" => "FormatException",
        _ => "Exception",
    })
}

//! What a function returns in place of what it should: values by the shape of its return type, as cargo-mutants makes them.

use quote::ToTokens;
use syn::{GenericArgument, Path, PathArguments, ReturnType, Type, TypeParamBound};

/// The values for a return type, as source text.
pub fn of(output: &ReturnType) -> Vec<String> {
    match output {
        ReturnType::Default => vec!["()".into()],
        ReturnType::Type(_, ty) => of_type(ty),
    }
}

/// The item of `impl Iterator<Item = T>`.
pub fn iterated(output: &ReturnType) -> Option<&Type> {
    let ReturnType::Type(_, ty) = output else { return None };
    let Type::ImplTrait(bounds) = &**ty else { return None };
    bounds.bounds.iter().find_map(|bound| {
        let TypeParamBound::Trait(bound) = bound else { return None };
        let last = bound.path.segments.last().filter(|last| last.ident == "Iterator")?;
        let PathArguments::AngleBracketed(inside) = &last.arguments else { return None };
        inside.args.iter().find_map(|argument| match argument {
            GenericArgument::AssocType(item) if item.ident == "Item" => Some(&item.ty),
            _ => None,
        })
    })
}

pub fn of_type(ty: &Type) -> Vec<String> {
    match ty {
        Type::Path(path) => of_path(&path.path),
        Type::Reference(reference) => match &*reference.elem {
            Type::Path(path) if path.path.is_ident("str") => texts(&["\"\"", "\"xyzzy\""]),
            Type::Slice(slice) => leaked(&slice.elem),
            inner => of_type(inner).iter().map(|value| format!("Box::leak(Box::new({value}))")).collect(),
        },
        Type::Array(array) => {
            let length = array.len.to_token_stream().to_string();
            of_type(&array.elem).iter().map(|value| format!("[{value}; {length}]")).collect()
        }
        Type::Tuple(tuple) => tuple
            .elems
            .iter()
            .map(of_type)
            .fold(vec![Vec::new()], |products: Vec<Vec<String>>, values| {
                let longer =
                    |product: &Vec<String>, value: &String| [&product[..], std::slice::from_ref(value)].concat();
                products.iter().flat_map(|product| values.iter().map(move |value| longer(product, value))).collect()
            })
            .into_iter()
            .map(|product| format!("({})", product.iter().map(|value| format!("{value}, ")).collect::<String>()))
            .collect(),
        Type::ImplTrait(_) | Type::Never(_) => Vec::new(),
        _ => texts(&["Default::default()"]),
    }
}

fn of_path(path: &Path) -> Vec<String> {
    let Some(last) = path.segments.last() else { return Vec::new() };
    let name = last.ident.to_string();
    let inside = types_in(&last.arguments);
    let wrapped = |form: &dyn Fn(&str) -> String| {
        inside.first().map(|ty| of_type(ty)).unwrap_or_default().iter().map(|v| form(v)).collect::<Vec<_>>()
    };
    match (name.as_str(), inside.len()) {
        ("bool", 0) => texts(&["true", "false"]),
        ("String", 0) => texts(&["String::new()", "\"xyzzy\".into()"]),
        ("u8" | "u16" | "u32" | "u64" | "u128" | "usize", 0) => texts(&["0", "1"]),
        ("i8" | "i16" | "i32" | "i64" | "i128" | "isize", 0) => texts(&["0", "1", "-1"]),
        ("f32" | "f64", 0) => texts(&["0.0", "1.0", "-1.0"]),
        (number, _) if number.starts_with("NonZero") => texts(&["1.try_into().unwrap()"]),
        ("Result", 0) => texts(&["Ok(Default::default())"]),
        ("Result", _) => wrapped(&|value| format!("Ok({value})")),
        ("Option", _) => with_empty("None".into(), wrapped(&|value| format!("Some({value})"))),
        ("Vec", _) => with_empty("vec![]".into(), wrapped(&|value| format!("vec![{value}]"))),
        ("Cow", _) => wrapped(&|value| format!("{name}::Owned({value}.to_owned())")),
        ("Box" | "Cell" | "RefCell" | "Arc" | "Rc" | "Mutex", _) => wrapped(&|value| format!("{name}::new({value})")),
        ("BTreeMap" | "HashMap", 2) => {
            let pairs = of_type(inside[0]).into_iter().flat_map(|key| {
                of_type(inside[1]).into_iter().map(move |value| format!("({key}, {value})")).collect::<Vec<_>>()
            });
            with_empty(format!("{name}::new()"), pairs.map(|pair| format!("{name}::from_iter([{pair}])")).collect())
        }
        (_, 1) => with_empty(
            format!("{name}::new()"),
            of_type(inside[0])
                .iter()
                .flat_map(|value| ["from_iter", "new", "from"].map(|by| (by, value)))
                .map(|(by, value)| {
                    if by == "from_iter" {
                        format!("{name}::{by}([{value}])")
                    } else {
                        format!("{name}::{by}({value})")
                    }
                })
                .collect(),
        ),
        _ => texts(&["Default::default()"]),
    }
}

fn types_in(arguments: &PathArguments) -> Vec<&Type> {
    let PathArguments::AngleBracketed(inside) = arguments else { return Vec::new() };
    inside
        .args
        .iter()
        .filter_map(|argument| match argument {
            GenericArgument::Type(ty) => Some(ty),
            _ => None,
        })
        .collect()
}

fn leaked(element: &Type) -> Vec<String> {
    let values = of_type(element).iter().map(|value| format!("Vec::leak(vec![{value}])")).collect();
    with_empty("Vec::leak(Vec::new())".into(), values)
}

fn with_empty(empty: String, mut values: Vec<String>) -> Vec<String> {
    values.insert(0, empty);
    values
}

fn texts(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

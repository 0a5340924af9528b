use std::collections::BTreeMap;
use std::fs::File;
use std::io::{self, Read as _, Seek as _, SeekFrom};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::mpsc;
use std::thread;

use super::FileError;

/// A file is read in parts about that long; fixed, so that the parts do not depend on the machine.
const SEGMENT: u64 = 16 << 20;
/// A line may be that long.
const LONGEST: u64 = 16 << 20;
/// What is read at once to find the end of a line.
const MORE: u64 = 1 << 16;

/// Reads a text file on all cores in parts of whole lines: `work` makes something of each part, and
/// `take` is given that in the order of the file. A last line without a newline is left out; the
/// answer says whether there was one. No more than a part for each core is in memory at once.
///
/// # Errors
///
/// When the file cannot be read or is not UTF-8, and what `take` answers with.
pub(crate) fn fold_lines<T: Send, E: From<FileError>>(
    path: &Path,
    work: impl Fn(&str) -> T + Sync,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<bool, E> {
    let failed = |cause| FileError::Read {
        path: path.to_owned(),
        cause,
    };
    let size = File::open(path).and_then(|file| file.metadata());
    let size = size.map_err(failed)?.len();
    let next = AtomicU64::new(0);
    let stop = AtomicBool::new(false);
    let cores = thread::available_parallelism().map_or(1, usize::from);
    let (sender, receiver) = mpsc::sync_channel(cores);
    let read = |sender: mpsc::SyncSender<(u64, io::Result<T>)>| {
        let mut buffer = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            if number * SEGMENT >= size || stop.load(Ordering::Relaxed) {
                return;
            }
            let part = segment(path, number * SEGMENT, size, &mut buffer).map(&work);
            if sender.send((number, part)).is_err() {
                return;
            }
        }
    };
    let outcome = thread::scope(|scope| {
        for _ in 0..cores {
            let sender = sender.clone();
            scope.spawn(|| read(sender));
        }
        drop(sender);
        let outcome = in_order(receiver, |part| take(part.map_err(failed)?));
        stop.store(true, Ordering::Relaxed);
        outcome
    });
    outcome?;
    torn(path, size).map_err(|cause| failed(cause).into())
}

/// Hands parts on by their numbers, which come out of order; stops at the first that is wrong.
fn in_order<T, E>(
    parts: mpsc::Receiver<(u64, T)>,
    mut take: impl FnMut(T) -> Result<(), E>,
) -> Result<(), E> {
    let mut early = BTreeMap::new();
    let mut wanted = 0;
    for (number, part) in parts {
        early.insert(number, part);
        while let Some(part) = early.remove(&wanted) {
            take(part)?;
            wanted += 1;
        }
    }
    Ok(())
}

/// The whole lines that begin in a part of the file.
fn segment<'a>(path: &Path, start: u64, size: u64, buffer: &'a mut Vec<u8>) -> io::Result<&'a str> {
    let end = (start + SEGMENT).min(size);
    // The byte before tells whether a line begins with the part.
    let from = start.saturating_sub(1);
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(from))?;
    buffer.clear();
    file.by_ref().take(end - from).read_to_end(buffer)?;
    let newline = |text: &[u8]| memchr::memchr(b'\n', text);
    let begin = match start {
        0 => 0,
        _ => match newline(buffer) {
            Some(place) => place + 1,
            None => return Ok(""),
        },
    };
    while buffer.last().is_some_and(|byte| *byte != b'\n') {
        let known = buffer.len();
        let more = file.by_ref().take(MORE).read_to_end(buffer)?;
        if let Some(place) = newline(&buffer[known..]) {
            buffer.truncate(known + place + 1);
        } else if more == 0 {
            // The last line of the file, torn.
            let whole = memchr::memrchr(b'\n', buffer).map_or(0, |place| place + 1);
            buffer.truncate(whole);
        } else if buffer.len() as u64 > SEGMENT + LONGEST {
            let words = format!("a line is longer than {} MiB", LONGEST >> 20);
            return Err(io::Error::new(io::ErrorKind::InvalidData, words));
        }
    }
    let lines = buffer.get(begin..).unwrap_or_default();
    let text = std::str::from_utf8(lines);
    text.map_err(|_| {
        io::Error::new(
            io::ErrorKind::InvalidData,
            "stream did not contain valid UTF-8",
        )
    })
}

fn torn(path: &Path, size: u64) -> io::Result<bool> {
    Ok(size > 0 && tail(path, size, 1)? != b"\n")
}

fn tail(path: &Path, size: u64, length: u64) -> io::Result<Vec<u8>> {
    let mut file = File::open(path)?;
    file.seek(SeekFrom::Start(size.saturating_sub(length)))?;
    let mut bytes = Vec::new();
    file.take(length).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The last whole line of a file, without its newline; `None` when there is none, or none that ends
/// near the end of the file.
///
/// # Errors
///
/// When the file cannot be read.
pub(crate) fn last_line(path: &Path) -> Result<Option<String>, FileError> {
    let bytes = File::open(path)
        .and_then(|file| file.metadata())
        .and_then(|file| tail(path, file.len(), MORE));
    let bytes = bytes.map_err(|cause| FileError::Read {
        path: path.to_owned(),
        cause,
    })?;
    let whole = memchr::memrchr(b'\n', &bytes).map(|end| &bytes[..end]);
    Ok(whole.map(|text| {
        let begin = memchr::memrchr(b'\n', text).map_or(0, |newline| newline + 1);
        String::from_utf8_lossy(&text[begin..]).into_owned()
    }))
}

/// Size of a file in bytes.
///
/// # Errors
///
/// When there is no such file.
pub(crate) fn size(path: &Path) -> Result<u64, FileError> {
    let size = File::open(path).and_then(|file| file.metadata());
    size.map(|file| file.len())
        .map_err(|cause| FileError::Read {
            path: path.to_owned(),
            cause,
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(name: &str, text: &[u8]) -> Result<(Vec<usize>, bool), FileError> {
        let path = std::env::temp_dir().join(format!("apimon-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let mut lengths = Vec::new();
        let torn = fold_lines(
            &path,
            |part| part.lines().map(str::len).collect::<Vec<_>>(),
            |part| {
                lengths.extend(part);
                Ok::<_, FileError>(())
            },
        );
        std::fs::remove_file(&path).unwrap();
        torn.map(|torn| (lengths, torn))
    }

    #[test]
    fn every_line_comes_once_and_in_order() {
        // Lines of growing length lie across every border between parts.
        let lengths: Vec<usize> = (0..12_000).map(|line| line % 7_919).collect();
        let mut text = Vec::new();
        for length in &lengths {
            text.extend(std::iter::repeat_n(b'x', *length));
            text.push(b'\n');
        }
        assert!(text.len() as u64 > 2 * SEGMENT);
        assert_eq!(folded("whole", &text).unwrap(), (lengths.clone(), false));
        text.extend(b"torn");
        assert_eq!(folded("torn", &text).unwrap(), (lengths, true));
        // A newline at the very end of the first part.
        let border = usize::try_from(SEGMENT).unwrap();
        text.truncate(border - 1);
        text.extend(b"\nlast\n");
        assert_eq!(folded("border", &text).unwrap().0.last(), Some(&4));
        assert_eq!(folded("empty", b"").unwrap(), (Vec::new(), false));
        assert_eq!(folded("one", b"torn").unwrap(), (Vec::new(), true));
    }

    #[test]
    fn what_is_no_text_is_refused() {
        let error = folded("binary", b"\xff\xfe\n").unwrap_err();
        assert!(error.to_string().contains("UTF-8"), "{error}");
    }
}

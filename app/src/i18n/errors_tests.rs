//! Both languages say every error, and keep what the server named.

use domain::protocol::ApiError;

use super::*;

fn refused(code: ErrorCode) -> ClientError {
    ClientError::Refused(ApiError::new(code, "no task `x`"))
}

#[test]
fn every_code_keeps_the_servers_words_and_says_what_to_do() {
    for language in Language::ALL {
        for code in [
            ErrorCode::Unauthorized,
            ErrorCode::NotFound,
            ErrorCode::DigestMismatch,
            ErrorCode::DiskFull,
            ErrorCode::Internal,
        ] {
            let shown = client_error(language, &refused(code));
            assert!(shown.message.contains("no task `x`"), "{shown:?}");
            assert!(shown.hint.is_some(), "{shown:?}");
        }
    }
}

#[test]
fn the_key_is_named_once() {
    let error = ApiError {
        key: Some("lr".to_owned()),
        ..ApiError::new(ErrorCode::InvalidInput, "not a number")
    };
    let shown = client_error(Language::En, &ClientError::Refused(error));
    assert_eq!(shown.message, "`lr`: not a number");
}

#[test]
fn chinese_errors_have_no_english_sentence_left() {
    let kinds = [
        InputErrorKind::EmptyAlternative,
        InputErrorKind::NotNumber {
            text: "x".to_owned(),
        },
        InputErrorKind::ListLength {
            expected: "2".to_owned(),
            found: 3,
        },
        InputErrorKind::RangeStepZero,
    ];
    for kind in kinds {
        let shown = input_error(Language::Zh, &kind);
        assert!(!shown.message.is_ascii(), "{shown:?}");
        assert!(shown.hint.is_some_and(|hint| !hint.is_ascii()));
    }
}

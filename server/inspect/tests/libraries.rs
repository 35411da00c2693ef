//! Parsers that libraries make: from dataclasses in reach, or under argparse's own interface.

use domain::schema::{Action, Argument, Decided, Literal, Nargs, Schema};
use inspect::{NoSources, read_script};

fn read(source: &str) -> Schema {
    read_script(source, "train.py", &NoSources).expect("the script has a parser")
}

/// One line for each argument: flags, type, default, and what else is not argparse's own.
fn lines(schema: &Schema) -> Vec<String> {
    schema.parser.args.iter().map(line).collect()
}

fn line(argument: &Argument) -> String {
    let mut text = argument.flags.join(" ");
    match &argument.type_name {
        Decided::Known(Some(name)) => text += &format!(" {name}"),
        Decided::Known(None) => {}
        Decided::Expr(expr) => text += &format!(" ?{expr}"),
    }
    if argument.default != Literal::Null {
        text += &format!(
            " ={}",
            serde_json::to_string(&argument.default).expect("it is JSON")
        );
    }
    match argument.nargs.known() {
        Some(Some(Nargs::Count(count))) => text += &format!(" x{count}"),
        Some(Some(nargs)) => {
            text += &format!(" {}", serde_json::to_string(nargs).expect("it is JSON"));
        }
        _ => {}
    }
    if let Some(Some(choices)) = argument.choices.known() {
        text += &format!(
            " of {}",
            serde_json::to_string(choices).expect("it is JSON")
        );
    }
    if argument.action != Decided::Known(Action::Store) {
        text += &format!(" {}", argument.action.known().map_or("?", Action::as_str));
    }
    if argument.required == Decided::Known(true) {
        text += " required";
    }
    text
}

const FIELDS: &str = "
from dataclasses import dataclass, field
from enum import Enum
from typing import List, Literal, Optional, Tuple

class Mode(Enum):
    FAST = 'fast'
    SLOW = 'slow'

@dataclass
class Optim:
    lr: float = 1e-3
    use_decay: bool = True

@dataclass
class Config:
    name: str
    num_steps: int = 10
    quick: bool = False
    mode: Mode = Mode.FAST
    kind: Literal['a', 'b'] = 'a'
    ids: List[int] = field(default_factory=list, metadata={'help': 'some ids'})
    limit: 'int | None' = None
    pair: Tuple[float, float] = (0.9, 0.99)
";

#[test]
fn hf_argument_parser_makes_an_argument_of_each_field() {
    let schema = read(&format!(
        "from transformers import HfArgumentParser\n{FIELDS}\n@dataclass\nclass Model(Optim):\n    \
         path: str = field(default='x', metadata={{'help': 'a path', 'aliases': ['-p']}})\n    maybe: Optional[bool] = None\n    \
         kind: Literal['a', 'b'] = 'a'\n    mode: Mode = Mode.FAST\n    ids: Optional[List[int]] = None\n    needed: int = field(metadata={{'metavar': 'N'}}, kw_only=True)\n\
         parser = HfArgumentParser((Model,), description='x')\nparser.add_argument('--own')\nmodel, = parser.parse_args_into_dataclasses()\n"
    ));
    assert_eq!(
        lines(&schema),
        [
            "--lr float =0.001",
            "--use_decay --use-decay string_to_bool =true \"?\"",
            "--no_use_decay --no-use-decay =false store_false",
            "--path -p =\"x\"",
            "--maybe string_to_bool",
            "--kind lambda =\"a\" of [\"a\",\"b\"]",
            "--mode lambda ={\"$enum\":\"Mode.FAST\",\"value\":\"fast\"} of [\"fast\",\"slow\"]",
            "--ids int \"+\"",
            "--needed int required",
            "--own",
        ]
    );
    assert!(schema.warnings.is_empty(), "{:?}", schema.warnings);
    assert_eq!(
        schema.parser.args[3].help,
        Decided::Known(Some("a path".to_owned()))
    );
}

#[test]
fn a_dataclass_out_of_reach_is_named_in_a_warning_with_the_probe_as_remedy() {
    let schema = read(
        "import transformers\nfrom transformers import HfArgumentParser, TrainingArguments\nfrom dataclasses import dataclass\n\
         @dataclass\nclass Own(transformers.Seq2SeqTrainingArguments):\n    extra: int = 1\n\
         HfArgumentParser((Own, TrainingArguments)).parse_args_into_dataclasses()\n",
    );
    assert_eq!(lines(&schema), ["--extra int =1"]);
    let named = |name: &str| {
        schema
            .warnings
            .iter()
            .any(|warning| warning.message.contains(name) && warning.message.contains("--probe"))
    };
    assert!(
        named("transformers.TrainingArguments"),
        "{:?}",
        schema.warnings
    );
    assert!(
        named("transformers.Seq2SeqTrainingArguments"),
        "{:?}",
        schema.warnings
    );
}

#[test]
fn tyro_makes_dotted_and_dashed_flags() {
    let schema = read(&format!(
        "import tyro\n{FIELDS}    optim: Optim = field(default_factory=lambda: Optim(lr=0.5))\n    # how loud\n    _volume: int = 3\nconfig = tyro.cli(Config)\n"
    ));
    assert_eq!(
        lines(&schema),
        [
            "--name required",
            "--num-steps int =10",
            "--quick --no-quick =false BooleanOptionalAction",
            "--mode =\"FAST\" of [\"FAST\",\"SLOW\"]",
            "--kind =\"a\" of [\"a\",\"b\"]",
            "--ids int =[] \"*\"",
            "--limit int",
            "--pair float =[0.9,0.99] x2",
            "--_volume int =3",
            "--optim.lr float =0.5",
            "--optim.use-decay --optim.no-use-decay =true BooleanOptionalAction",
        ]
    );
    let volume = &schema.parser.args[8];
    assert_eq!(volume.help, Decided::Known(Some("how loud".to_owned())));
    assert_eq!(
        schema.parser.args[9].group.as_deref(),
        Some("optim options")
    );
    assert_eq!(schema.parser.args[9].dest, "optim.lr");
}

#[test]
fn tyro_reads_functions_too() {
    let schema = read(
        "import tyro\nfrom typing import Literal\ndef main(path: str, batch_size: int = 4, mode: Literal['x', 'y'] = 'x', fast: bool = False):\n    pass\n\
         if __name__ == '__main__':\n    tyro.cli(main, use_underscores=True)\n",
    );
    assert_eq!(
        lines(&schema),
        [
            "--path required",
            "--batch_size int =4",
            "--mode =\"x\" of [\"x\",\"y\"]",
            "--fast --no-fast =false BooleanOptionalAction",
        ]
    );
}

#[test]
fn simple_parsing_groups_the_fields_under_their_attribute() {
    let schema = read(&format!(
        "from simple_parsing import ArgumentParser\n{FIELDS}    optim: Optim = field(default_factory=Optim)\n\
         parser = ArgumentParser()\nparser.add_argument('--plain', type=int)\nparser.add_arguments(Config, dest='config')\nparser.parse_args()\n"
    ));
    assert_eq!(
        lines(&schema)[..5],
        [
            "--plain int",
            "--name required",
            "--num_steps int =10",
            "--quick --noquick str2bool =false \"?\" BooleanOptionalAction",
            "--mode =\"FAST\" of [\"FAST\",\"SLOW\"]",
        ]
    );
    let last = schema.parser.args.last().expect("there are arguments");
    assert_eq!(last.dest, "config.optim.use_decay");
    assert_eq!(last.group.as_deref(), Some("Optim ['config.optim']"));
}

#[test]
fn configargparse_is_argparse_under_other_names() {
    let schema = read(
        "import configargparse\np = configargparse.ArgParser(default_config_files=['x'])\np.add('-c', '--config', required=True, is_config_file=True)\n\
         p.add_arg('--lr', type=float, env_var='LR', default=0.1)\nq = configargparse.get_argument_parser('main')\n\
         configargparse.get_argument_parser('main').add('--other')\nopt, rest = p.parse_known_args()\n",
    );
    assert_eq!(lines(&schema), ["-c --config required", "--lr float =0.1"]);
    assert_eq!(schema.alternatives.len(), 1);
    assert_eq!(schema.alternatives[0].args[0].dest, "other");
}

#[test]
fn translated_texts_are_read_as_they_stand() {
    let schema = read(
        "import argparse\nfrom gettext import gettext as _\np = argparse.ArgumentParser()\np.add_argument('--a', help=_('text'))\np.parse_args()\n",
    );
    assert_eq!(
        schema.parser.args[0].help,
        Decided::Known(Some("text".to_owned()))
    );
}

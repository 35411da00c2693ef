//! Sentences without arguments, in both languages side by side: one line each, and neither language can lack one.

use crate::preferences::Language;

macro_rules! phrases {
    ($($name:ident: $english:literal, $chinese:literal;)*) => {
        /// A sentence without arguments.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub(crate) enum Phrase {
            $($name,)*
        }

        impl Phrase {
            /// The sentence in a language.
            pub(crate) fn text(self, language: Language) -> &'static str {
                let [english, chinese] = match self {
                    $(Self::$name => [$english, $chinese],)*
                };
                match language {
                    Language::En => english,
                    Language::Zh => chinese,
                }
            }
        }
    };
}

phrases! {
    NavSettings: "Settings", "设置";
    Save: "Save", "保存";
    Discard: "Discard", "放弃";
    SettingsSaved: "Settings saved.", "设置已保存。";
    SettingsFile: "Everything here is also in this file, with your comments kept:", "这里的一切也在此文件中，您的注释会保留：";
    SettingsBroken: "The file has an error, so nothing can be changed here until it is mended. What was in force before goes on.", "文件有错误，修正之前无法在此更改。之前生效的设置继续有效。";
    FromNextStart: "counts from the next start", "下次启动后生效";
    ByCommandLine: "set on the command line of this server", "由此服务器的命令行指定";
    BackToDefault: "Back to the default", "恢复默认值";
    LeaveOpen: "As usual", "按惯例";
    FindInterpreters: "Find interpreters", "查找解释器";
    NoInterpreters: "None was found beyond the one in use.", "没有找到其他解释器。";
    DoesNotRun: "does not run", "无法运行";
    KindVenv: "virtual environment", "虚拟环境";
    KindUv: "uv", "uv";
    KindConda: "conda", "conda";
    KindSystem: "system", "系统";
    Variables: "Variables", "变量";
    VariableName: "Name", "名称";
    VariableValue: "Value", "值";
    SecretValue: "secret, kept and never shown", "机密，已保存且不再显示";
    Secret: "secret", "机密";
    Add: "Add", "添加";
    ShowAgain: "Show what is there now", "显示现在的内容";
    PhoneOff: "This server answers on this machine only. To open it on a phone, start it with --host ADDRESS --allow-remote.", "此服务器仅在本机响应。要在手机上打开，请用 --host 地址 --allow-remote 启动。";
    PhoneWarning: "Whoever uses the code can run commands as you. It works once, within ten minutes; the connection is not encrypted.", "使用此二维码的人可以以您的身份运行命令。它在十分钟内有效一次；连接未加密。";
    ShowCode: "Show a code", "显示二维码";
    NewCode: "New code", "新的二维码";
    CodeLabel: "QR code of the address", "该地址的二维码";
    AskRemoveVariable: "Remove this variable?", "移除此变量？";
    AskRemoveSecret: "Its value is not kept anywhere else.", "它的值没有保存在其他地方。";
}

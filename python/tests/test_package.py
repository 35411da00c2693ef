"""What the package shows of itself."""

import runyard


def test_every_public_name_can_be_imported() -> None:
    for name in runyard.__all__:
        assert getattr(runyard, name) is not None


def test_every_listed_name_stands_in_its_module() -> None:
    for module, names in runyard._MODULES.items():
        for name in names:
            assert getattr(runyard, name).__module__ in {f"runyard.{module}", "builtins"}, name

"""The packages of the wheel. It carries `configs/`, which pyproject.toml alone cannot express."""

from setuptools import find_namespace_packages, setup

setup(
    packages=[
        *find_namespace_packages(include=["corpusforge*", "trainer*"]),
        "corpusforge.configs",
    ],
    package_dir={"corpusforge.configs": "configs"},
    package_data={"corpusforge": ["near/characters.tsv"], "corpusforge.configs": ["*.yaml"]},
)

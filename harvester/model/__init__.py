"""The words of the project as frozen values and enums. Imports the standard library and pydantic only."""

"""The command line: `./beeldpoort`. Above the application, which it starts."""

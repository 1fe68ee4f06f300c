"""Speed, each figure as a ratio to a limit that is measured in the same run; one file per figure."""

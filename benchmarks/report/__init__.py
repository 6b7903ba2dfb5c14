"""Tables, plots and the result page, made from results.json alone."""

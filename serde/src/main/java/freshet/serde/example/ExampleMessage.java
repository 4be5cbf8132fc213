package freshet.serde.example;

/** What travels from the examples job to trainers: an example, or the promise that no earlier one will follow. */
public sealed interface ExampleMessage permits LabeledExample, Frontier {}

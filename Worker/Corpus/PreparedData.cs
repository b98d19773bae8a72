using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Worker.Corpus;

/// <summary>What training reads: the vocabulary, the labels and the encoded parts.</summary>
/// <param name="Vocabulary">Words and their rows of the embedding.</param>
/// <param name="Labels">Names of the labels in ordinal order of name; empty for unlabelled text.</param>
/// <param name="Train">Training examples.</param>
/// <param name="Dev">Dev examples; null where there are none.</param>
/// <param name="Test">Test examples; null where there are none.</param>
/// <param name="Notes">Lines for the user about what was read, dropped and split.</param>
public sealed record PreparedData(
    WordVocabulary Vocabulary, IReadOnlyList<string> Labels, ExampleSet Train, ExampleSet? Dev, ExampleSet? Test, IReadOnlyList<string> Notes)
{
    /// <summary>
    /// Names of what annotations refer to by number beside the labels, such as part-of-speech tags; which numbers do is decided by the data's form. Empty where there are none.
    /// </summary>
    public IReadOnlyList<string> Symbols { get; init; } = [];

    /// <summary>The fold of each example of the training files in their order, from 1; null: the job has none. Not in the file that nodes fetch.</summary>
    public IReadOnlyList<int>? Folds { get; init; }
}

using System.Globalization;
using DistEmbed.Protocol.Vocabulary;

namespace DistEmbed.Protocol.Vectors;

/// <summary>
/// Gives entries their words from the vocabulary that the file was written in the order of: what the layout cannot
/// hold of a word stands in the file with
/// escapes (<see cref="VectorWriter.Holdable"/>).
/// </summary>
internal sealed class VocabularyOrderSink(IVectorSink inner, WordVocabulary vocabulary, string path) : IVectorSink
{
    private const string Fix =
        "The file is written beside the vocabulary at the end of a stage: put both back as they were, or train again.";

    private int _row = WordVocabulary.FirstWordRow - 1;

    public bool Wants(ReadOnlySpan<char> word)
    {
        _row++;
        string? expected = _row < vocabulary.Rows ? vocabulary.Word(_row) : null;
        if (expected is null || !word.SequenceEqual(VectorWriter.Holdable(expected)))
        {
            throw new InvalidInputException(
                path, $"Entry {Entry(_row)} is '{word}', but the vocabulary of its stage has '{expected}' there.", Fix);
        }

        return inner.Wants(expected);
    }

    public void Accept(ReadOnlySpan<char> word, ReadOnlySpan<float> vector) =>
        inner.Accept(vocabulary.Word(_row), vector);

    /// <summary>Refuses a file that has fewer entries than the vocabulary.</summary>
    public void Complete()
    {
        if (_row + 1 < vocabulary.Rows)
        {
            throw new InvalidInputException(
                path, $"The file has {Entry(_row)} words, but the vocabulary of its stage has {Entry(vocabulary.Rows - 1)}.", Fix);
        }
    }

    private static string Entry(int row) =>
        (row - WordVocabulary.FirstWordRow + 1).ToString(CultureInfo.InvariantCulture);
}

using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Word vectors to a file in one of the public formats. Padding and unknown are left out.</summary>
public static class VectorExport
{
    /// <summary>Writes every word that the format can hold, atomically.</summary>
    /// <returns>The words that are left out.</returns>
    /// <exception cref="Protocol.InvalidInputException">The folder does not exist.</exception>
    public static LeftOutWords Write(WordVectors vectors, string path, VectorFormat format) =>
        Write(vectors, [.. Enumerable.Range(WordVocabulary.FirstWordRow, vectors.Vocabulary.Rows - WordVocabulary.FirstWordRow)], path, format);

    /// <summary>Writes the words of some rows in their order, atomically, as far as the format can hold them.</summary>
    /// <returns>The words that are left out.</returns>
    /// <exception cref="Protocol.InvalidInputException">The folder does not exist.</exception>
    public static LeftOutWords Write(WordVectors vectors, IReadOnlyList<int> rows, string path, VectorFormat format)
    {
        var leftOut = new LeftOutWords(format);
        int[] held = [.. rows.Where(row => leftOut.Takes(vectors.Vocabulary.Word(row), vectors.Vector(row).Span))];
        VectorWriter.Write(
            path, format, vectors.Dimension, held.Length, held.Select(row => (vectors.Vocabulary.Word(row), vectors.Vector(row))));
        return leftOut;
    }

    /// <summary>
    /// Writes every word for later stages and for the user, in word2vec's binary layout and in the order of the
    /// vocabulary. A word that the layout cannot hold
    /// stands there with escapes; a later stage takes it from the vocabulary.
    /// </summary>
    /// <returns>The words with escapes.</returns>
    /// <exception cref="Protocol.InvalidInputException">A number is not finite, or the folder does not
    /// exist.</exception>
    public static IReadOnlyList<string> WriteForStages(WordVectors vectors, string path)
    {
        WordVocabulary words = vectors.Vocabulary;
        int[] rows = [.. Enumerable.Range(WordVocabulary.FirstWordRow, words.Rows - WordVocabulary.FirstWordRow)];
        const VectorFormat Format = VectorFormat.Word2VecBinary;
        VectorWriter.Write(
            path, Format, vectors.Dimension, rows.Length,
            rows.Select(row => (VectorWriter.Holdable(words.Word(row)), vectors.Vector(row))));
        return [.. rows.Select(words.Word).Where(word => VectorWriter.WhyNot(Format, word) is not null)];
    }
}

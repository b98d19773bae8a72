using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Word vectors to a file in one of the public formats. Padding and unknown are left out.</summary>
public static class VectorExport
{
    /// <summary>Writes every word, atomically.</summary>
    public static void Write(WordVectors vectors, string path, VectorFormat format) =>
        Write(vectors, [.. Enumerable.Range(WordVocabulary.FirstWordRow, vectors.Vocabulary.Rows - WordVocabulary.FirstWordRow)], path, format);

    /// <summary>Writes the words of some rows in their order, atomically.</summary>
    public static void Write(WordVectors vectors, IReadOnlyList<int> rows, string path, VectorFormat format) =>
        VectorWriter.Write(path, format, vectors.Dimension, rows.Count, rows.Select(row => (vectors.Vocabulary.Word(row), vectors.Vector(row))));
}

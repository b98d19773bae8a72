using DistEmbed.Protocol.Vectors;
using DistEmbed.Protocol.Vocabulary;
using DistEmbed.Worker.Evaluation;

namespace DistEmbed.Coordinator.Local;

/// <summary>Word vectors to a file in one of the public formats. Padding and unknown are left out.</summary>
public static class VectorExport
{
    /// <summary>Writes the file, atomically.</summary>
    public static void Write(WordVectors vectors, string path, VectorFormat format) =>
        VectorWriter.Write(path, format, vectors.Dimension, vectors.Vocabulary.Rows - WordVocabulary.FirstWordRow,
            Enumerable.Range(WordVocabulary.FirstWordRow, vectors.Vocabulary.Rows - WordVocabulary.FirstWordRow)
                .Select(row => (vectors.Vocabulary.Word(row), vectors.Vector(row))));
}

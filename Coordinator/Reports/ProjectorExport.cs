using System.Globalization;
using System.Text;
using System.Text.Json;
using DistEmbed.Protocol.Files;

namespace DistEmbed.Coordinator.Reports;

/// <summary>
/// Writes vectors for the embedding projector, that of TensorBoard and that of projector.tensorflow.org: <c>vectors.tsv</c> (no header), <c>metadata.tsv</c> (a
/// header line only where there is more than one column, as the projector expects), <c>projector_config.pbtxt</c> (for TensorBoard, whose log directory the
/// folder then is) and <c>projector_config.json</c> (for the web page). Each file appears whole, the two descriptions last.
/// </summary>
public sealed class ProjectorExport : IDisposable
{
    private const string VectorsName = "vectors.tsv", MetadataName = "metadata.tsv";

    private readonly string _directory;
    private readonly string _tensorName;
    private readonly int _dimension;
    private readonly bool _counts;
    private readonly AtomicFile _vectorsFile;
    private readonly AtomicFile _metadataFile;
    private readonly StringBuilder _vectors = new();
    private readonly StringBuilder _metadata = new();
    private int _rows;

    private ProjectorExport(string directory, string tensorName, int dimension, bool counts)
    {
        (_directory, _tensorName, _dimension, _counts) = (directory, tensorName, dimension, counts);
        _vectorsFile = AtomicFile.Create(Path.Combine(directory, VectorsName));
        try
        {
            _metadataFile = AtomicFile.Create(Path.Combine(directory, MetadataName));
        }
        catch
        {
            _vectorsFile.Dispose();
            throw;
        }
    }

    /// <summary>Starts an export into a folder, which is made if need be.</summary>
    /// <param name="directory">The folder.</param>
    /// <param name="tensorName">What the projector calls the vectors.</param>
    /// <param name="dimension">Numbers a vector.</param>
    /// <param name="counts">Whether words come with their counts.</param>
    public static ProjectorExport Create(string directory, string tensorName, int dimension, bool counts)
    {
        Directory.CreateDirectory(directory);
        var export = new ProjectorExport(directory, tensorName, dimension, counts);
        if (counts)
            export._metadata.Append("word\tcount\n");
        return export;
    }

    /// <summary>Adds a word.</summary>
    /// <param name="word">The word; written as a <see cref="TabField"/>, and blanks that nothing else goes with are
    /// escaped too.</param>
    /// <param name="vector">Its vector; each number in the shortest form that reads back to the same bits.</param>
    /// <param name="count">How often it was counted; not used in an export without counts.</param>
    public void Add(string word, ReadOnlySpan<float> vector, long count = 0)
    {
        if (vector.Length != _dimension)
            throw new ArgumentException($"'{word}' has {vector.Length} numbers, not {_dimension}", nameof(vector));
        for (int i = 0; i < vector.Length; i++)
            _vectors.Append(i > 0 ? "\t" : "").Append(CultureInfo.InvariantCulture, $"{vector[i]}");
        _vectors.Append('\n');
        _metadata.Append(Escape(word));
        if (_counts)
            _metadata.Append(CultureInfo.InvariantCulture, $"\t{count}");
        _metadata.Append('\n');
        _rows++;
        Drain(_vectors, _vectorsFile, 1 << 16);
        Drain(_metadata, _metadataFile, 1 << 16);
    }

    /// <summary>Gives the files their names and describes them.</summary>
    public void Complete()
    {
        Drain(_vectors, _vectorsFile, 1);
        Drain(_metadata, _metadataFile, 1);
        _vectorsFile.Commit();
        _metadataFile.Commit();
        string name = JsonSerializer.Serialize(_tensorName, ReportJson.OneLine);
        AtomicFile.WriteAllBytes(Path.Combine(_directory, "projector_config.pbtxt"), Encoding.UTF8.GetBytes(string.Create(
            CultureInfo.InvariantCulture,
            $"embeddings {{\n  tensor_name: {name}\n  tensor_shape: {_rows}\n  tensor_shape: {_dimension}\n  tensor_path: \"{VectorsName}\"\n  metadata_path: \"{MetadataName}\"\n}}\n")));
        AtomicFile.WriteAllBytes(Path.Combine(_directory, "projector_config.json"), JsonSerializer.SerializeToUtf8Bytes(
            new
            {
                Embeddings = new[] { new { TensorName = _tensorName, TensorShape = new[] { _rows, _dimension }, TensorPath = VectorsName, MetadataPath = MetadataName } },
            },
            ReportJson.Indented));
    }

    /// <summary>Removes what <see cref="Complete"/> did not name.</summary>
    public void Dispose()
    {
        _vectorsFile.Dispose();
        _metadataFile.Dispose();
    }

    private static void Drain(StringBuilder text, AtomicFile file, int atLeast)
    {
        if (text.Length < atLeast)
            return;
        file.Stream.Write(Encoding.UTF8.GetBytes(text.ToString()));
        text.Clear();
    }

    private static string Escape(string word)
    {
        // The projector skips lines that are blank after trimming, which would shift every label behind one.
        if (word.Length == 0)
            return "(empty)";
        if (word.All(c => char.IsWhiteSpace(c) || c == '\uFEFF'))
            return string.Concat(word.Select(c => $"\\u{(int)c:x4}"));
        return TabField.Escape(word);
    }
}

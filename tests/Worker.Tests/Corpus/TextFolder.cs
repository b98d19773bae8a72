using System.IO.Compression;
using System.Text;
using DistEmbed.Protocol;
using DistEmbed.Worker.Corpus;

namespace DistEmbed.Worker.Tests.Corpus;

/// <summary>A temporary folder of text files.</summary>
internal sealed class TextFolder : IDisposable
{
    public string Root { get; } = Directory.CreateTempSubdirectory("distembed-corpus-").FullName;

    public string Path(string name) => System.IO.Path.Combine(Root, name);

    public string Write(string name, string text, Encoding? encoding = null) => WriteBytes(name, (encoding ?? new UTF8Encoding(false)).GetBytes(text));

    public string WriteBytes(string name, byte[] bytes)
    {
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path(name))!);
        File.WriteAllBytes(Path(name), bytes);
        return Path(name);
    }

    public static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest))
            gzip.Write(bytes);
        return packed.ToArray();
    }

    public void Dispose() => Directory.Delete(Root, recursive: true);
}

internal static class Inspect
{
    /// <summary>The examples as "label: words".</summary>
    public static string[] Lines(this PreparedData data, ExampleSet examples) =>
    [
        .. Enumerable.Range(0, examples.Count).Select(i =>
            (examples.Label(i) < 0 ? "" : data.Labels[examples.Label(i)] + ": ") + string.Join(' ', examples.Tokens(i).ToArray().Select(data.Vocabulary.Word))),
    ];

    /// <summary>The training examples.</summary>
    public static string[] Lines(this PreparedData data) => data.Lines(data.Train);

    public static InputError Error(Action action) => Assert.Single(Assert.Throws<InvalidInputException>(action).Errors);
}

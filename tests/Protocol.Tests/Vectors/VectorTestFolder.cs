using System.IO.Compression;
using System.Text;
using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>A folder that goes with the test, and short ways to put vector files there and read them.</summary>
internal sealed class VectorTestFolder : IDisposable
{
    private readonly DirectoryInfo _folder = Directory.CreateTempSubdirectory("distembed-vectors-");

    public string Root => _folder.FullName;

    public string PathOf(string name) => Path.Combine(Root, name);

    /// <summary>Writes a file; the name says nothing about its content, as readers must not look at it.</summary>
    public string Write(byte[] content, string name = "vectors")
    {
        File.WriteAllBytes(PathOf(name), content);
        return PathOf(name);
    }

    public string Write(string text, string name = "vectors") => Write(Encoding.UTF8.GetBytes(text), name);

    public static List<(string Word, float[] Vector)> ReadAll(string path, out VectorReadCounts counts)
    {
        List<(string, float[])> entries = [];
        counts = VectorFile.Read(path, (word, vector) => entries.Add((word, vector.ToArray())));
        return entries;
    }

    public static List<(string Word, float[] Vector)> ReadAll(string path) => ReadAll(path, out _);

    public static byte[] Gzip(byte[] content)
    {
        using MemoryStream packed = new();
        using (GZipStream gzip = new(packed, CompressionLevel.Optimal, leaveOpen: true))
            gzip.Write(content);
        return packed.ToArray();
    }

    /// <summary>A word2vec binary file; words are given as bytes in Latin-1.</summary>
    public static byte[] Binary(string header, bool newlines, params (string Word, float[] Vector)[] entries)
    {
        using MemoryStream bytes = new();
        bytes.Write(Encoding.ASCII.GetBytes(header + "\n"));
        foreach ((string word, float[] vector) in entries)
        {
            bytes.Write(Encoding.Latin1.GetBytes(word + " "));
            foreach (float value in vector)
                bytes.Write(BitConverter.GetBytes(value));
            if (newlines)
                bytes.WriteByte((byte)'\n');
        }
        return bytes.ToArray();
    }

    public void Dispose() => _folder.Delete(recursive: true);
}

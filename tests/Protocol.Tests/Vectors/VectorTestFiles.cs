using System.Text;
using DistEmbed.Protocol.Vectors;
using DistEmbed.Testing;

namespace DistEmbed.Protocol.Tests.Vectors;

/// <summary>Short ways to write vector files into a folder and to read them.</summary>
internal static class VectorTestFiles
{
    /// <summary>Writes a file; the name says nothing about its content, as readers must not look at it.</summary>
    public static string Write(this TempFolder folder, byte[] content) => folder.Write("vectors", content);

    /// <inheritdoc cref="Write(TempFolder, byte[])"/>
    public static string Write(this TempFolder folder, string text) => folder.Write("vectors", text);

    public static List<(string Word, float[] Vector)> ReadAll(string path, out VectorReadCounts counts)
    {
        List<(string, float[])> entries = [];
        counts = VectorFile.Read(path, (word, vector) => entries.Add((word, vector.ToArray())));
        return entries;
    }

    public static List<(string Word, float[] Vector)> ReadAll(string path) => ReadAll(path, out _);

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
}

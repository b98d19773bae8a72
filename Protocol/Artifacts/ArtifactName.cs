using System.Buffers;
using System.Security.Cryptography;

namespace DistEmbed.Protocol.Artifacts;

/// <summary>Names of files that travel between nodes: SHA-256 of the bytes as 64 lower-case hexadecimal digits, so that whoever has a file can check that it is the one named.</summary>
public static class ArtifactName
{
    private const int Digits = 64;

    private static readonly SearchValues<char> s_digits = SearchValues.Create("0123456789abcdef");

    /// <summary>The name of some bytes.</summary>
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    /// <summary>The name of a file; reads all of it.</summary>
    /// <exception cref="IOException">It cannot be read.</exception>
    public static string OfFile(string path)
    {
        using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.SequentialScan);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Whether a text can be a name. What comes from another node is used as a file's name only if it is.</summary>
    public static bool IsWellFormed(string name) => name.Length == Digits && !name.AsSpan().ContainsAnyExcept(s_digits);
}

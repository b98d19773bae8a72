using System.IO.Compression;

namespace DistEmbed.Testing;

/// <summary>Packs bytes as the content of a <c>.gz</c> file.</summary>
public static class Gzip
{
    /// <summary>The packed bytes.</summary>
    public static byte[] Of(ReadOnlySpan<byte> content)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Optimal))
            gzip.Write(content);
        return packed.ToArray();
    }
}

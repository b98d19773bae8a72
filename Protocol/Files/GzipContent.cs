using DistEmbed.Protocol.Vectors;

namespace DistEmbed.Protocol.Files;

/// <summary>Unpacks gzip for the readers of text.</summary>
public static class GzipContent
{
    /// <summary>The content of a gzip file, of one member or more.</summary>
    /// <param name="packed">The file's bytes; closed with the stream that is returned.</param>
    /// <returns>A stream whose reading throws <see cref="InvalidDataException"/> where the file is damaged, was cut, or has other bytes behind it.</returns>
    public static Stream Unpack(Stream packed) => new GzipReadStream(packed);
}

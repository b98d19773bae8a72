namespace DistEmbed.Protocol.Vectors;

/// <summary>What the beginning of a vector file tells.</summary>
/// <param name="Format">Its layout.</param>
/// <param name="Dimension">Numbers a word.</param>
/// <param name="DeclaredWords">Words that the header claims; null for a file without a header. Headers are often wrong by a few.</param>
/// <param name="Compressed">Whether the file is gzipped.</param>
public sealed record VectorFileInfo(VectorFormat Format, int Dimension, long? DeclaredWords, bool Compressed);

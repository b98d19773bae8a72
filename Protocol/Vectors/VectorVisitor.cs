namespace DistEmbed.Protocol.Vectors;

/// <summary>Takes one entry of a vector file.</summary>
/// <param name="word">The word.</param>
/// <param name="vector">Its finite numbers; valid during the call only.</param>
public delegate void VectorVisitor(string word, ReadOnlySpan<float> vector);

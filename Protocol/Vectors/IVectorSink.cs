namespace DistEmbed.Protocol.Vectors;

/// <summary>Takes the entries of a vector file as a reader meets them. Both spans are valid during a call only.</summary>
internal interface IVectorSink
{
    /// <summary>Asked once for each entry whose word could be read, in file order; if false, the numbers are not parsed.</summary>
    bool Wants(ReadOnlySpan<char> word);

    /// <summary>Takes a wanted entry; not called if its numbers turn out unusable.</summary>
    void Accept(ReadOnlySpan<char> word, ReadOnlySpan<float> vector);
}

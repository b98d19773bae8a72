using DistEmbed.Protocol.Rows;

namespace DistEmbed.Protocol.Serialization;

/// <summary>Row values of a frame.</summary>
/// <param name="Values">The array that they lie in, rented where a frame was read, unless its values have an <see cref="IRowDestination"/>.</param>
/// <param name="Offset">Where in it they begin.</param>
/// <param name="Count">How many numbers they are.</param>
public readonly record struct RowBlock(float[] Values, int Offset, int Count)
{
    /// <summary>The numbers.</summary>
    public Span<float> Span => Values.AsSpan(Offset, Count);
}

/// <summary>A frame whose header is read. Its message is whole when the payload is in <paramref name="Blocks"/>.</summary>
/// <param name="Shard">The shard that the message goes to or comes from.</param>
/// <param name="Message">The message.</param>
/// <param name="Blocks">Where the payload goes, in this order; the arrays are those of the message.</param>
public sealed record RowFrame(int Shard, object Message, IReadOnlyList<RowBlock> Blocks);

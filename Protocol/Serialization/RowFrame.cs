namespace DistEmbed.Protocol.Serialization;

/// <summary>Row values of a frame: the first numbers of an array.</summary>
/// <param name="Values">The array, rented where a frame was read.</param>
/// <param name="Count">How many of its numbers belong to the frame.</param>
public readonly record struct RowBlock(float[] Values, int Count);

/// <summary>A frame whose header is read. Its message is whole when the payload is in <paramref name="Blocks"/>.</summary>
/// <param name="Shard">The shard that the message goes to or comes from.</param>
/// <param name="Message">The message.</param>
/// <param name="Blocks">Where the payload goes, in this order; the arrays are those of the message.</param>
public sealed record RowFrame(int Shard, object Message, IReadOnlyList<RowBlock> Blocks);

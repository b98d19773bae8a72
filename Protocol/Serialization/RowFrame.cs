namespace DistEmbed.Protocol.Serialization;

/// <summary>A frame whose header is read. Its message is whole when the payload is in <paramref name="Blocks"/>.</summary>
/// <param name="Shard">The shard that the message goes to or comes from.</param>
/// <param name="Message">The message.</param>
/// <param name="Blocks">Where the payload goes, in this order; the memory is that of the message.</param>
public sealed record RowFrame(int Shard, object Message, IReadOnlyList<Memory<float>> Blocks);

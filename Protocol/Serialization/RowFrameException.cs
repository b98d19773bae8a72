namespace DistEmbed.Protocol.Serialization;

/// <summary>Bytes on the row plane that are no frame of this version, or a frame that cannot be written. The connection that they came on is closed.</summary>
/// <param name="message">What is wrong with them.</param>
public sealed class RowFrameException(string message) : Exception(message);

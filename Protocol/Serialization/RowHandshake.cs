using DistEmbed.Protocol.Messages;

namespace DistEmbed.Protocol.Serialization;

/// <summary>The header of the frame that a connection begins with. Magic and version come first and never move, so that every version can refuse every other.</summary>
internal static class RowHandshake
{
    /// <summary>"DERP", DistEmbed row plane.</summary>
    private const int Magic = 0x50524544;

    public static void WriteHello(RowHello hello, FrameHeaderWriter writer)
    {
        writer.Int(Magic);
        writer.Int(hello.Version);
        writer.Text(hello.Cluster);
        writer.Text(hello.Run);
        writer.Text(hello.Worker);
        writer.Int(hello.Epoch);
        writer.Int(hello.Memory);
    }

    public static RowHello ReadHello(ref FrameHeaderReader reader)
    {
        if (reader.Int() != Magic)
            throw new RowFrameException("a connection that does not begin as one of the row plane");
        int version = reader.Number("version");
        if (version == NodeProtocol.Version)
            return new RowHello(version, reader.Text(), reader.Text(), reader.Text(), reader.Number("epoch")) { Memory = reader.Number("memory") };
        // What follows is another version's business: whoever reads this refuses it by its number.
        reader.Skip();
        return new RowHello(version, "", "", "", 0);
    }
}

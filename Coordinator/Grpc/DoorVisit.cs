using System.IO.Pipelines;
using System.Net;
using Microsoft.AspNetCore.Connections;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>A connection to the door from its first byte to its end.</summary>
/// <param name="connection">The connection, before TLS is taken off.</param>
internal sealed class DoorVisit(ConnectionContext connection)
{
    private const string Kind = "connection";
    private static readonly TimeSpan s_silence = TimeSpan.FromSeconds(10);

    /// <summary>Who is at the other end.</summary>
    public EndPoint? Peer => connection.RemoteEndPoint;

    /// <summary>What was found wrong with the connection; null: nothing.</summary>
    public string? Complaint { get; set; }

    /// <summary>Whether a request came.</summary>
    public bool Asked { get; set; }

    /// <summary>Serves the connection to its end, and tells once if what came was no good.</summary>
    public async Task ServeAsync(ConnectionDelegate serve, DoorLog log)
    {
        if (!await HasBytesAsync().ConfigureAwait(false))
            return;
        log.Visit.Value = this;
        connection.Features.Set(this);
        try
        {
            await serve(connection).ConfigureAwait(false);
        }
        finally
        {
            // Who sends and hangs up at once may be gone before anything of it is read: then nobody complains, and only the lack of a request is seen.
            if (Complaint is { } complaint)
                log.Refused(Peer, Kind, complaint);
            else if (!Asked)
                log.Refused(Peer, Kind, "no HTTP/2 request is in it.");
        }
    }

    /// <summary>Waits for the first byte and leaves it unread. Whoever connects and says nothing has sent nothing malformed, but may not stay.</summary>
    private async Task<bool> HasBytesAsync()
    {
        using var patience = new CancellationTokenSource(s_silence);
        try
        {
            PipeReader input = connection.Transport.Input;
            ReadResult first = await input.ReadAsync(patience.Token).ConfigureAwait(false);
            bool any = !first.Buffer.IsEmpty;
            input.AdvanceTo(first.Buffer.Start);
            return any;
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            return false;
        }
    }
}

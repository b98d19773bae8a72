namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>Takes the pieces of a file as another node sends them.</summary>
public static class ArtifactDownload
{
    /// <summary>Writes pieces behind what is there already.</summary>
    /// <param name="name">Name of the file.</param>
    /// <param name="pieces">What comes, from where the stream ends on. The first says how long the whole file is.</param>
    /// <param name="stream">Where it goes; never longer than the first piece said.</param>
    /// <param name="makeRoom">Told how many bytes are to come.</param>
    /// <param name="further">Called for each piece.</param>
    /// <param name="stop">Ends the waiting.</param>
    /// <exception cref="FilesRefusedException">More came than was announced.</exception>
    /// <exception cref="FilesAwayException">Less came.</exception>
    public static async Task ReceiveAsync(string name, IAsyncEnumerable<FilePiece> pieces, Stream stream, Action<long> makeRoom, Action further, CancellationToken stop)
    {
        stream.Position = stream.Length;
        long length = -1;
        await foreach (FilePiece piece in pieces.WithCancellation(stop).ConfigureAwait(false))
        {
            if (length < 0)
            {
                length = piece.Length;
                makeRoom(length - stream.Length);
            }

            further();
            // Not the sum: a length may be as large as a number gets.
            if (piece.Data.Length > length - stream.Position)
                throw new FilesRefusedException($"the coordinator sent more than the {length} bytes of {name} that it announced");
            await stream.WriteAsync(piece.Data, stop).ConfigureAwait(false);
        }

        if (stream.Position != length)
            throw new FilesAwayException($"{stream.Position} of {length} bytes came");
    }
}

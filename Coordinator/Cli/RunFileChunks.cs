using DistEmbed.Protocol.Control;
using Grpc.Core;

namespace DistEmbed.Coordinator.Cli;

/// <summary>A file of a run, as a coordinator sends it.</summary>
internal static class RunFileChunks
{
    /// <summary>The pieces in order; nothing is missing when the last one has come.</summary>
    /// <exception cref="IOException">A piece is missing.</exception>
    public static async IAsyncEnumerable<ArtifactChunk> Of(TrainingControl.TrainingControlClient calls, DownloadArtifactRequest request)
    {
        using AsyncServerStreamingCall<ArtifactChunk> download = calls.DownloadArtifact(request);
        IAsyncStreamReader<ArtifactChunk> chunks = download.ResponseStream;
        long length = -1, received = 0;
        while (await chunks.MoveNext(CancellationToken.None).ConfigureAwait(false))
        {
            if (length < 0)
                length = chunks.Current.Length;
            if (chunks.Current.Offset != received)
                throw new IOException($"{request.Name}: the piece at {received} is missing.");
            received += chunks.Current.Data.Length;
            yield return chunks.Current;
        }

        if (length < 0)
            throw new IOException($"{request.Name}: the coordinator sent nothing.");
        if (received != length)
            throw new IOException($"{request.Name}: {received} of {length} bytes came.");
    }

    /// <summary>The text of a small file.</summary>
    /// <exception cref="IOException">A piece is missing.</exception>
    public static async Task<byte[]> ReadAsync(TrainingControl.TrainingControlClient calls, string run, string name)
    {
        using var content = new MemoryStream();
        await foreach (ArtifactChunk chunk in Of(calls, new DownloadArtifactRequest { Run = run, Name = name }).ConfigureAwait(false))
            content.Write(chunk.Data.Span);
        return content.ToArray();
    }
}

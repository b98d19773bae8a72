using System.Security.Cryptography;
using DistEmbed.Protocol.Artifacts;
using DistEmbed.Protocol.Control;
using DistEmbed.Protocol.Files;
using Google.Protobuf;
using Grpc.Core;

namespace DistEmbed.Coordinator.Grpc;

/// <summary>Serves the files of the shelf to the cluster's nodes, and takes the files of the checkpoints that are being written.</summary>
/// <param name="shelf">What is served.</param>
/// <param name="inbox">What is taken.</param>
public sealed class NodeFilesService(ArtifactShelf shelf, CheckpointInbox inbox) : NodeFiles.NodeFilesBase
{
    private const int ChunkBytes = 1 << 18;

    /// <summary>A node that sends nothing for so long is given up, so that another, or itself on a new connection, can write the file.</summary>
    private static readonly TimeSpan s_longestSilence = TimeSpan.FromSeconds(60);

    /// <inheritdoc/>
    public override async Task Fetch(FetchRequest request, IServerStreamWriter<FetchChunk> responseStream, ServerCallContext context)
    {
        if (!ArtifactName.IsWellFormed(request.Name) || shelf.Find(request.Name) is not { } file)
            throw Refusal(StatusCode.NotFound, "no file of this name is served");
        if (request.Offset < 0 || request.Offset > file.Length)
            throw Refusal(StatusCode.OutOfRange, $"offset {request.Offset} of {file.Length} bytes");
        FileStream stream = Open(file);
        await using (stream.ConfigureAwait(false))
        {
            if (stream.Length != file.Length)
                throw Refusal(StatusCode.DataLoss, $"the file has {stream.Length} bytes, {file.Length} when it was offered");
            stream.Position = request.Offset;
            var buffer = new byte[ChunkBytes];
            long length = file.Length; // in the first chunk, which comes even when it has no bytes
            int read;
            do
            {
                read = await stream.ReadAsync(buffer, context.CancellationToken).ConfigureAwait(false);
                var chunk = new FetchChunk { Length = length, Data = UnsafeByteOperations.UnsafeWrap(buffer.AsMemory(0, read)) };
                await responseStream.WriteAsync(chunk, context.CancellationToken).ConfigureAwait(false);
                length = 0;
            }
            while (read > 0);
        }
    }

    /// <inheritdoc/>
    public override async Task<StoreReply> Store(IAsyncStreamReader<StorePart> requestStream, ServerCallContext context)
    {
        using var silence = CancellationTokenSource.CreateLinkedTokenSource(context.CancellationToken);
        StorePart? first = await NextAsync(requestStream, silence).ConfigureAwait(false);
        if (first?.Header is not { } header)
            throw Refusal(StatusCode.InvalidArgument, "the first part is no header");
        if (header.Length < 0 || !ArtifactName.IsWellFormed(header.Sha256))
            throw Refusal(StatusCode.InvalidArgument, $"{header.Length} bytes with SHA-256 '{header.Sha256}'");
        switch (inbox.Enter(header.Run, header.Step, header.FileName, out string path))
        {
            case CheckpointInbox.Answer.Refused:
                throw NotWanted(header);
            case CheckpointInbox.Answer.Busy:
                throw Refusal(StatusCode.Aborted, $"another is writing {header.FileName}");
        }

        try
        {
            return await WriteAsync(path, header, requestStream, silence).ConfigureAwait(false);
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException && !context.CancellationToken.IsCancellationRequested)
        {
            throw Refusal(StatusCode.ResourceExhausted, $"{header.FileName} cannot be written: {failure.Message}");
        }
        finally
        {
            inbox.Leave(path);
        }
    }

    private async Task<StoreReply> WriteAsync(string path, StoreHeader header, IAsyncStreamReader<StorePart> parts, CancellationTokenSource silence)
    {
        // Space for what is announced is not reserved: whoever lies about the length must not fill the disk at once.
        using AtomicFile file = AtomicFile.Create(path);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        long length = 0;
        while (await NextAsync(parts, silence).ConfigureAwait(false) is { } part)
        {
            if (part.PartCase != StorePart.PartOneofCase.Data)
                throw Refusal(StatusCode.InvalidArgument, "only the first part is a header");
            length += part.Data.Length;
            if (length > header.Length)
                throw Refusal(StatusCode.InvalidArgument, $"{header.FileName}: more bytes than the {header.Length} that were announced");
            hash.AppendData(part.Data.Span);
            await file.Stream.WriteAsync(part.Data.Memory, silence.Token).ConfigureAwait(false);
        }

        string sha256 = Convert.ToHexStringLower(hash.GetHashAndReset());
        if (length != header.Length || sha256 != header.Sha256)
            throw Refusal(StatusCode.InvalidArgument, $"{header.FileName}: {length} bytes with SHA-256 {sha256} came, {header.Length} with {header.Sha256} were announced");
        if (!inbox.StillTakes(header.Run, header.Step, header.FileName))
            throw NotWanted(header);
        file.Commit();
        return new StoreReply { Length = length, Sha256 = sha256 };
    }

    private static async Task<StorePart?> NextAsync(IAsyncStreamReader<StorePart> parts, CancellationTokenSource silence)
    {
        silence.CancelAfter(s_longestSilence);
        return await parts.MoveNext(silence.Token).ConfigureAwait(false) ? parts.Current : null;
    }

    private static RpcException NotWanted(StoreHeader header) =>
        Refusal(StatusCode.FailedPrecondition, $"no checkpoint of step {header.Step} of run '{header.Run}' with a file '{header.FileName}' is being written");

    private static FileStream Open(ServedFile file)
    {
        try
        {
            return new FileStream(
                file.Path, FileMode.Open, FileAccess.Read, FileShare.Read | FileShare.Delete, bufferSize: 0, FileOptions.Asynchronous | FileOptions.SequentialScan);
        }
        catch (Exception gone) when (gone is FileNotFoundException or DirectoryNotFoundException)
        {
            throw Refusal(StatusCode.NotFound, "the file is no longer there");
        }
    }

    private static RpcException Refusal(StatusCode code, string reason) => new(new Status(code, reason));
}

namespace DistEmbed.Protocol.Node.Artifacts;

/// <summary>Bytes of a file on their way, in order.</summary>
/// <param name="Length">Bytes of the whole file.</param>
/// <param name="Data">The next bytes; the memory is valid until the next piece is asked for.</param>
public readonly record struct FilePiece(long Length, ReadOnlyMemory<byte> Data);

/// <summary>Where files come from.</summary>
/// <param name="name">SHA-256 of the file.</param>
/// <param name="offset">Bytes to leave out at its start.</param>
/// <param name="stop">Ends the fetch.</param>
/// <returns>The pieces. Throws <see cref="FilesAwayException"/> where asking again may help, <see cref="FilesRefusedException"/> where not.</returns>
public delegate IAsyncEnumerable<FilePiece> FileSource(string name, long offset, CancellationToken stop);

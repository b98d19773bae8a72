namespace DistEmbed.Protocol.Vectors;

/// <summary>Writes a whole file or nothing: into another file beside it, flushed to the disk, then renamed.</summary>
internal static class AtomicFile
{
    /// <summary>Replaces <paramref name="path"/> by what <paramref name="write"/> puts into the stream; if it throws, the old file stays as it was.</summary>
    public static void Write(string path, Action<Stream> write)
    {
        string partial = $"{path}.{Guid.NewGuid():N}.partial";
        try
        {
            using (FileStream file = new(partial, FileMode.CreateNew, FileAccess.Write, FileShare.None, 1 << 16))
            {
                write(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (DirectoryNotFoundException missing)
        {
            throw new InvalidInputException(new InputError(path, "The folder does not exist.", "Create it, or correct the path."), missing);
        }
        finally
        {
            if (File.Exists(partial))
                File.Delete(partial);
        }
    }
}

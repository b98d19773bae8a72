using System.Globalization;
using DistEmbed.Protocol;

namespace DistEmbed.Coordinator.Reports;

/// <summary>Makes new directories of one kind: none that is there already is ever taken for new.</summary>
/// <param name="what">What errors call the directory.</param>
/// <param name="option">The option that names its place.</param>
internal sealed class NewDirectory(string what, string option)
{
    /// <summary>Directories of runs.</summary>
    public static NewDirectory OfRun { get; } = new("run directory", "--run-dir");

    /// <summary>Directories of sweeps.</summary>
    public static NewDirectory OfSweep { get; } = new("sweep directory", "--sweep-dir");

    /// <summary>Directories of benchmarks.</summary>
    public static NewDirectory OfBenchmark { get; } = new("benchmark directory", "--out");

    /// <summary>
    /// Makes the directory <c>ROOT/NAME-k</c>, k being one more than the highest there is. Two that are made at the same time get two names.
    /// </summary>
    /// <param name="root">Where such directories lie; made if need be.</param>
    /// <param name="name">The name, which has to be one of a directory.</param>
    /// <param name="fill">Puts something into the directory, given its path, before it gets its name.</param>
    /// <exception cref="InvalidInputException">The directory cannot be made.</exception>
    public string CreateNext(string root, string name, Action<string> fill)
    {
        string full = Path.GetFullPath(root);
        return Making(full, () =>
        {
            Directory.CreateDirectory(full);
            // Making a directory succeeds where it exists, so two could share it. Giving a name to one that is made and not empty does not.
            string made = Directory.CreateDirectory(Path.Combine(full, $".new-{Guid.NewGuid():N}")).FullName;
            try
            {
                fill(made);
                for (int k = HighestOf(full, name) + 1; ; k++)
                {
                    string path = Path.Combine(full, string.Create(CultureInfo.InvariantCulture, $"{name}-{k}"));
                    try
                    {
                        Directory.Move(made, path);
                        return path;
                    }
                    catch (IOException) when (Directory.Exists(path) || File.Exists(path))
                    {
                        continue;
                    }
                }
            }
            catch
            {
                Directory.Delete(made, recursive: true);
                throw;
            }
        });
    }

    /// <summary>Makes a directory at a place that the user names: it must not exist, or hold no file.</summary>
    /// <exception cref="InvalidInputException">It holds something, or cannot be made.</exception>
    public string CreateAt(string path)
    {
        string full = Path.GetFullPath(path);
        return Making(full, () =>
        {
            RequireEmpty(full);
            Directory.CreateDirectory(full);
            return full;
        });
    }

    /// <summary>Tells whether <see cref="CreateAt"/> would make a directory, and leaves nothing.</summary>
    /// <exception cref="InvalidInputException">The directory holds something, or could not be made.</exception>
    public void CheckPlace(string path)
    {
        string full = Path.GetFullPath(path);
        Making(full, () =>
        {
            RequireEmpty(full);
            CheckRoot(full);
            return 0;
        });
    }

    /// <summary>As <see cref="CheckPlace"/>, for <see cref="CreateNext"/> and the folder where such directories lie, which may hold others.</summary>
    /// <exception cref="InvalidInputException">No directory could be made there.</exception>
    public void CheckRoot(string root)
    {
        string full = Path.GetFullPath(root);
        Making(full, () =>
        {
            string existing = full;
            while (!Directory.Exists(existing) && !File.Exists(existing) && Path.GetDirectoryName(existing) is { } parent)
                existing = parent;
            if (File.Exists(existing))
                throw new InvalidInputException(full, $"the {what} cannot be made: {existing} is a file.", "Choose a place that can be written.");
            try
            {
                // Rights, access lists, a read-only disk: what counts is whether the system does it.
                Directory.Delete(Directory.CreateDirectory(Path.Combine(existing, $".new-{Guid.NewGuid():N}")).FullName);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new InvalidInputException(
                    new InputError(full, $"the {what} cannot be made: nothing can be written in {existing}.", "Choose a place that can be written."), e);
            }

            return 0;
        });
    }

    /// <summary>Makes something at a path; what the disk refuses is an error of the user's input, since the place is theirs.</summary>
    /// <exception cref="InvalidInputException">It cannot be made.</exception>
    public T Making<T>(string path, Func<T> make)
    {
        try
        {
            return make();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InvalidInputException(new InputError(path, $"the {what} cannot be made: {e.Message}", "Choose a place that can be written."), e);
        }
    }

    private static int HighestOf(string root, string name)
    {
        int highest = 0;
        foreach (string path in Directory.EnumerateFileSystemEntries(root, name + "-*"))
        {
            string number = Path.GetFileName(path)[(name.Length + 1)..];
            if (int.TryParse(number, NumberStyles.None, CultureInfo.InvariantCulture, out int k))
                highest = Math.Max(highest, k);
        }

        return highest;
    }

    private void RequireEmpty(string full)
    {
        if (File.Exists(full))
            throw new InvalidInputException(full, "is a file.", $"Choose another {option}.");
        if (Directory.Exists(full) && Directory.EnumerateFiles(full, "*", SearchOption.AllDirectories).Any())
            throw new InvalidInputException(full, $"the {what} exists and is not empty.", $"Use --resume to continue it, or choose another {option}.");
    }
}

using System.Globalization;

namespace DistEmbed.Coordinator.Actors;

/// <summary>
/// Holds runs at a step, for tests that need a run to be under way when they do something to it, however fast or slow the machine is. A text file, named by the
/// environment variable <see cref="Variable"/>, has a line <c>STEP</c>, or <c>DIRECTORY STEP</c> for the runs whose directory ends in <c>DIRECTORY</c>; the first
/// line that fits counts. No step after it is granted until the file says otherwise or is gone.
/// </summary>
/// <param name="path">The file.</param>
/// <param name="directory">Directory of the run.</param>
public sealed class HoldFile(string path, string directory)
{
    /// <summary>The environment variable.</summary>
    public const string Variable = "DISTEMBED_HOLD";

    /// <summary>How often the file is read while a run is held or may be.</summary>
    public static readonly TimeSpan ReadEvery = TimeSpan.FromMilliseconds(50);

    /// <summary>What the environment says of a run; null: nothing.</summary>
    /// <param name="checkpoints">Folder of the run's checkpoints, which lies in its directory.</param>
    public static HoldFile? Of(string checkpoints) =>
        Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path ? new HoldFile(path, Path.GetDirectoryName(Path.GetFullPath(checkpoints))!) : null;

    /// <summary>The last step that may be granted; null: all may.</summary>
    /// <exception cref="IOException">It is there and cannot be read.</exception>
    /// <exception cref="FormatException">A line names no step.</exception>
    public int? Read()
    {
        string[] lines;
        try
        {
            lines = File.ReadAllLines(path);
        }
        catch (FileNotFoundException)
        {
            return null;
        }

        foreach (string line in lines)
        {
            int blank = line.LastIndexOf(' ');
            if (blank < 0 || directory.EndsWith(line[..blank], StringComparison.Ordinal))
                return int.Parse(line.AsSpan(blank + 1), NumberStyles.None, CultureInfo.InvariantCulture);
        }

        return null;
    }
}

using System.Globalization;

namespace DistEmbed.Testing.Processes;

/// <summary>
/// Holds the runs of a test's processes at a step until the test lets them continue, so that a run is under way when something is done to it, however fast the
/// machine is. Every process that is started in the folder reads it.
/// </summary>
/// <param name="folder">Folder of the test.</param>
public sealed class RunHold(string folder)
{
    /// <summary>The environment variable by which a process finds it.</summary>
    public const string Variable = "DISTEMBED_HOLD";

    /// <summary>The file.</summary>
    public string Path { get; } = System.IO.Path.Combine(folder, "hold");

    /// <summary>No run gets beyond this step.</summary>
    public void At(int step) => Write(step.ToString(CultureInfo.InvariantCulture));

    /// <summary>The run or stage whose directory ends in this gets no further than this step; others are not held.</summary>
    public void At(string directory, int step) => Write(string.Create(CultureInfo.InvariantCulture, $"{directory} {step}"));

    /// <summary>Lets everything continue.</summary>
    public void Release() => File.Delete(Path);

    /// <summary>In one move: a reader sees the old text or the new one.</summary>
    private void Write(string line)
    {
        File.WriteAllText(Path + ".new", line);
        File.Move(Path + ".new", Path, overwrite: true);
    }
}

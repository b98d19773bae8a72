namespace DistEmbed.Protocol.Jobs;

/// <summary>A setting from the command line.</summary>
/// <param name="Assignment">The setting, <c>path=value</c>; see <see cref="JobFile.Parse"/>.</param>
/// <param name="Option">The option that gives it, which errors name as its place.</param>
public readonly record struct JobSetting(string Assignment, string Option = "--set");

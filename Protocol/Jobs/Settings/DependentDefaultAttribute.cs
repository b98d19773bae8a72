namespace DistEmbed.Protocol.Jobs.Settings;

/// <summary>A setting whose default depends on other settings: a job file may leave it out, and <see cref="JobDefaults"/> fills it in.</summary>
[AttributeUsage(AttributeTargets.Property)]
internal sealed class DependentDefaultAttribute : Attribute;
